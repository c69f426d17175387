"""The site file: what belongs to a place and not to the work. The chart writes the same file from its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

import vtb
from vtb.stage.declaration import Stage

NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"
REGISTRY = r"^([a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*/?)?$"  # no https://
ObjectName = Annotated[str, msgspec.Meta(pattern=NAME, max_length=63)]
Quantity = Annotated[str, msgspec.Meta(pattern=QUANTITY)]
# What is neither processors, memory nor disk: of a device plugin (rdma/hca), or huge pages.
RESOURCE = r"^([a-z0-9.-]+/[A-Za-z0-9._-]+|hugepages-[0-9]+[KMG]i)$"
Count = Annotated[int, msgspec.Meta(ge=1)]
Resources = dict[Annotated[str, msgspec.Meta(pattern=RESOURCE)], Count | Quantity]
Objects = list[dict[str, Any]]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """A part of the file; unknown keys are refused."""


class Image(_Part, frozen=True):
    """Where images come from: ``<registry>/vtb/<name>:<tag>``.

    Attributes:
        registry: Registry, and folder in it, before ``vtb/gen-maze`` and so on; the nodes' own images when empty.
        tag: Tag of all images.
        pull_policy: ``Always``, ``IfNotPresent``, or ``Never`` for images that were loaded into the nodes.
        pull_secrets: Names of Secrets that open the registry.
    """

    registry: Annotated[str, msgspec.Meta(pattern=REGISTRY)] = ""
    tag: str = vtb.__version__
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    pull_secrets: list[ObjectName] = []

    def named(self, image: str) -> str:
        """The whole name of an image of ours."""
        return f"{self.registry.rstrip('/')}/{image}:{self.tag}" if self.registry else f"{image}:{self.tag}"


class StoreAccess(_Part, frozen=True):
    """The S3-compatible store: where it is, and the Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

    Attributes:
        endpoint: The S3-compatible server as pods reach it, ``https://host:port``; that of AWS when empty.
        region: Region of the bucket, where the server has such.
        existing_secret: Secret with ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and, if need be,
            ``AWS_SESSION_TOKEN``.
    """

    endpoint: str = ""
    region: str = ""
    existing_secret: str = ""


class Credentials(_Part, frozen=True):
    """The Secret with further credentials by their names (HF_TOKEN), given to the stages that declare them.

    Attributes:
        existing_secret: Secret with further credentials by their names (``HF_TOKEN``), for the stages that can use
            them.
    """

    existing_secret: str = ""


class Gang(_Part, frozen=True):
    """Who runs training on several nodes: an Indexed Job with a headless Service, a JobSet or a TrainJob.

    Attributes:
        by: What runs training on several nodes: ``job``, ``jobset`` or ``trainjob``.
        runtime: For ``trainjob``: the ClusterTrainingRuntime.
        port: Port on which the nodes meet.
    """

    by: Literal["job", "jobset", "trainjob"] = "job"
    runtime: ObjectName = "torch-distributed"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 29500


class ModelCache(_Part, frozen=True):
    """The volume claim that keeps models from run to run, for the stages that load them; none when empty.

    Attributes:
        claim: Volume claim that keeps models from run to run.
    """

    claim: str = ""


class StagePlace(_Part, frozen=True):
    """What the pods of one stage get here; what is left out comes from ``defaults``, else from the stage itself.

    Attributes:
        cpu: Processors that are asked for; not limited.
        memory: Memory that is asked for, and the limit.
        gpu: Whole GPUs.
        gpu_resource: What they are called, where that differs from the site's ``gpuResource``.
        extra_resources: Whatever else its pods need of the nodes, and how much of it (``rdma/hca: 1``).
        disk: Room for temporary files: ``/tmp`` and ``/cache``.
        shared_memory: Size of ``/dev/shm``, in memory.
        parallelism: How many parts of a step (``num-shards`` in the pipeline) run at the same time.
        nodes: Training on several nodes, run as ``gang.by`` says.
        retries: Tries after the first, for each part; exit codes 2 to 5 end a step at once.
        active_deadline_seconds: The longest that a step may take.
        node_selector: Labels of the nodes that may run it.
        tolerations: Taints that it bears, as in a pod.
        affinity: Which nodes and neighbors it prefers, as in a pod.
        priority_class_name: Its priority class.
        runtime_class_name: Its runtime class (``nvidia``).
        queue: The queue of Kueue's that admits the step.
        extra_env: Further environment variables, as in a pod.
        extra_volumes: Further volumes, as in a pod.
        extra_volume_mounts: Where they are mounted, as in a pod.
    """

    cpu: Quantity | None = None
    memory: Quantity | None = None
    gpu: Annotated[int, msgspec.Meta(ge=0)] | None = None
    gpu_resource: str | None = None
    extra_resources: Resources | None = None
    disk: Quantity | None = None
    shared_memory: Quantity | None = None
    parallelism: Count | None = None
    nodes: Count | None = None
    retries: Annotated[int, msgspec.Meta(ge=0)] | None = None
    active_deadline_seconds: Count | None = None
    node_selector: dict[str, str] | None = None
    tolerations: Objects | None = None
    affinity: dict[str, Any] | None = None
    priority_class_name: ObjectName | None = None
    runtime_class_name: ObjectName | None = None
    queue: ObjectName | None = None
    extra_env: Objects | None = None
    extra_volumes: Objects | None = None
    extra_volume_mounts: Objects | None = None


class LauncherPlace(_Part, frozen=True):
    """What the pod of a launcher in the cluster gets; what is left out comes from ``defaults``.

    Attributes:
        node_selector: Labels of the nodes that may run a launcher in the cluster; what its keys leave out comes from
            ``defaults``.
        tolerations: Taints that it bears, as in a pod.
        affinity: Which nodes and neighbors it prefers, as in a pod.
        priority_class_name: Its priority class.
        extra_env: Further environment variables, as in a pod.
        extra_volumes: Further volumes (the certificate of a store), as in a pod.
        extra_volume_mounts: Where they are mounted, as in a pod.
    """

    node_selector: dict[str, str] | None = None
    tolerations: Objects | None = None
    affinity: dict[str, Any] | None = None
    priority_class_name: ObjectName | None = None
    extra_env: Objects | None = None
    extra_volumes: Objects | None = None
    extra_volume_mounts: Objects | None = None


class Site(_Part, frozen=True):
    """One place: a namespace of a cluster with its registry, store, hardware and rules.

    Attributes:
        namespace: Namespace; that of the kubeconfig's context, or of the pod, when empty.
        release: What the names of all objects begin with; ``vtb status`` and ``vtb cancel`` see one release.
        service_account: Account of the steps' pods, which have no token of it.
        launcher_service_account: Account of a launcher in the cluster, which may make Jobs; ``--detach`` and Argo need
            it.
        owner: ConfigMap with which all that is made there goes away, as after ``helm uninstall``.
        gpu_resource: What GPUs are called in the cluster.
        fs_group: Group that owns the volumes, where a new volume belongs to root.
        ttl_seconds_after_finished: How long Jobs that have ended are kept for ``kubectl logs``.
        defaults: What the pods of all stages get, in the keys of a stage.
        stages: What the pods of one stage get, by its name (``gen-maze``, ``train-vlm-sft``); wins over ``defaults``,
            key by key.
    """

    namespace: str = ""
    release: ObjectName = "vtb-train"
    service_account: ObjectName = "default"
    launcher_service_account: str = ""
    owner: str = ""
    image: Image = Image()
    store: StoreAccess = StoreAccess()
    credentials: Credentials = Credentials()
    gang: Gang = Gang()
    model_cache: ModelCache = ModelCache()
    gpu_resource: str = "nvidia.com/gpu"
    fs_group: int | None = None
    ttl_seconds_after_finished: Annotated[int, msgspec.Meta(ge=0)] = 86_400
    launcher: LauncherPlace = LauncherPlace()
    defaults: StagePlace = StagePlace()
    stages: dict[str, StagePlace] = {}

    def place(self, stage: Stage) -> StagePlace:
        """What pods of a stage get: its own entry, key by key before the defaults, before what the stage declares."""
        own = self.stages.get(stage.slug, StagePlace())
        asked = stage.resources
        last = StagePlace(
            cpu=asked.cpu, memory=asked.memory, gpu=asked.gpu, gpu_resource=self.gpu_resource, disk=asked.disk,
            shared_memory=asked.shared_memory or None, parallelism=PARALLELISM, nodes=1, retries=RETRIES,
        )  # fmt: skip
        return StagePlace(**_first_of(StagePlace, own, self.defaults, last))

    def launcher_place(self) -> LauncherPlace:
        """What the pod of a launcher in the cluster gets: its own entry, key by key before the defaults."""
        return LauncherPlace(**_first_of(LauncherPlace, self.launcher, self.defaults))


def _first_of(kind: type[msgspec.Struct], *places: msgspec.Struct) -> dict[str, Any]:
    """By each field of a part, the first value that one of the places has."""
    return {
        name: next((value for place in places if (value := getattr(place, name)) is not None), None)
        for name in kind.__struct_fields__
    }


PARALLELISM = 10
RETRIES = 6


def site_schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    return schema_of(Site)


def schema_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of a part, with the first lines of docstrings: Python 3.13 indents the others in another way."""
    made = msgspec.json.schema(kind)
    for part in made["$defs"].values():
        if "description" in part:
            part["description"] = part["description"].partition("\n")[0]
    return made


def with_image(site: Site, tag: str | None, registry: str | None) -> Site:
    """The site with images from elsewhere."""
    given: Mapping[str, Any] = {name: value for name, value in (("tag", tag), ("registry", registry)) if value}
    return msgspec.structs.replace(site, image=msgspec.structs.replace(site.image, **given))
