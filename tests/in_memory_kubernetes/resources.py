"""Which resources there are, by API group."""

from __future__ import annotations

from dataclasses import dataclass

CORE_GROUPS = ("batch",)
ALL_GROUPS = (
    "batch",
    "jobset.x-k8s.io",
    "trainer.kubeflow.org",
    "leaderworkerset.x-k8s.io",
    "argoproj.io",
)


@dataclass(frozen=True)
class Resource:
    """A kind of object and where it is served.

    Attributes:
        has_status: Whether status is a subresource, which changes of the object itself leave alone.
        orphans: Whether what a deleted object owns is left alone when the request does not say (batch/v1 Jobs).
        built_in: Whether it is part of Kubernetes itself; items in lists of these have no kind and apiVersion.
    """

    group: str
    version: str
    plural: str
    kind: str
    has_status: bool = True
    orphans: bool = False
    built_in: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name by which messages call it: ``jobs.batch``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


PODS = Resource("", "v1", "pods", "Pod")
EVENTS = Resource("", "v1", "events", "Event", has_status=False)
SECRETS = Resource("", "v1", "secrets", "Secret", has_status=False)
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap", has_status=False)
JOBS = Resource("batch", "v1", "jobs", "Job", orphans=True)
RESOURCES = (
    PODS,
    EVENTS,
    SECRETS,
    CONFIG_MAPS,
    Resource("", "v1", "services", "Service"),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", has_status=False),
    Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
    JOBS,
    Resource("jobset.x-k8s.io", "v1alpha2", "jobsets", "JobSet", built_in=False),
    Resource("trainer.kubeflow.org", "v1alpha1", "trainjobs", "TrainJob", built_in=False),
    Resource("leaderworkerset.x-k8s.io", "v1", "leaderworkersets", "LeaderWorkerSet", built_in=False),
    Resource("argoproj.io", "v1alpha1", "workflows", "Workflow", has_status=False, built_in=False),
    Resource("argoproj.io", "v1alpha1", "workflowtemplates", "WorkflowTemplate", has_status=False, built_in=False),
)


def find_resource(group: str, version: str, plural: str) -> Resource | None:
    """The resource that a path names."""
    wanted = (group, version, plural)
    return next((it for it in RESOURCES if (it.group, it.version, it.plural) == wanted), None)


def resource_named(plural: str) -> Resource:
    """The resource with this plural, or KeyError."""
    found = next((it for it in RESOURCES if it.plural == plural), None)
    if found is None:
        raise KeyError(f"{plural} is none of {', '.join(it.plural for it in RESOURCES)}")
    return found
