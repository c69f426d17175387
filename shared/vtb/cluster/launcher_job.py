"""A launcher inside the cluster: the Job that follows a pipeline when the laptop is closed, as the chart makes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import yaml

from vtb.cluster.job import FAILURES
from vtb.cluster.names import COMPONENT, MANAGED, PIPELINE, RELEASE, label_value, object_name
from vtb.cluster.pod import CACHE, POD_SECURITY, SCRATCH, TMP, placement, safe_container, store_environment
from vtb.cluster.site import Site

FOLDER = "/etc/vtb"
PIPELINE_FILE, SITE_FILE = "pipeline.yaml", "site.yaml"
IMAGE = "vtb/launcher"
CPU, MEMORY, DISK = "100m", "512Mi", "1Gi"
GRACE_S = 30
# A launcher that was killed or cut off goes on, since what it runs is elsewhere. A step that has used up its own tries
# is begun anew by each try of the launcher, so there are few; evictions do not count.
RETRIES = 10


def launcher_objects(
    text: str, name: str, store: str, site: Site, more: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ConfigMap with the pipeline and site files, and the Job that runs them.

    Args:
        text: the pipeline file.
        name: the pipeline's name.
        store: where the steps write.
        site: the place; its ``launcher_service_account`` may make Jobs.
        more: further words of the ``vtb run``.
    """
    files = {PIPELINE_FILE: text, SITE_FILE: yaml.safe_dump(msgspec.to_builtins(site), sort_keys=True)}
    marks = {**MANAGED, RELEASE: site.release, PIPELINE: label_value(name), COMPONENT: "launcher"}
    meta: dict[str, Any] = {"labels": marks, **({"namespace": site.namespace} if site.namespace else {})}
    called = object_name(site.release, f"{name}-launcher", {"files": files, "store": store, "more": list(more)})
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**meta, "name": called}, "data": files}
    spec = launcher_spec(site, called, ["--store", store, *more], marks)
    return config, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {**meta, "name": called}, "spec": spec}


def launcher_spec(site: Site, config: str, arguments: Sequence[str], marks: dict[str, str]) -> dict[str, Any]:
    """What the Job does: ``vtb run`` of the files in a ConfigMap."""
    words = ["run", f"{FOLDER}/{PIPELINE_FILE}", "--on", "kubernetes", "--site", f"{FOLDER}/{SITE_FILE}", *arguments]
    fixed = {"memory": MEMORY, "ephemeral-storage": DISK}
    room = {"requests": {"cpu": CPU, **fixed}, "limits": fixed}
    place = site.launcher_place()
    mounts: list[dict[str, Any]] = [*SCRATCH, {"name": "files", "mountPath": FOLDER, "readOnly": True}]
    mounts += place.extra_volume_mounts or []
    env = [*store_environment(site), *(place.extra_env or [])]
    pod = {
        "restartPolicy": "Never",
        "serviceAccountName": site.launcher_service_account,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_S,
        "securityContext": POD_SECURITY,
        **placement(place, site),
        "containers": [safe_container(IMAGE, words, env, room, mounts, site)],
        "volumes": [
            {"name": TMP, "emptyDir": {"sizeLimit": DISK}},
            {"name": CACHE, "emptyDir": {"sizeLimit": DISK}},
            {"name": "files", "configMap": {"name": config}},
            *(place.extra_volumes or []),
        ],
    }
    return {
        "backoffLimit": RETRIES,
        "podFailurePolicy": FAILURES,
        "ttlSecondsAfterFinished": site.ttl_seconds_after_finished,
        "template": {"metadata": {"labels": marks}, "spec": pod},
    }
