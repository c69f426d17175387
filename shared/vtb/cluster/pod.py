"""The pod of a step: not as root, on a read-only root, with what the site says the stage gets.

Plain data in the words of the Kubernetes API, so that it can be printed, compared and checked against the schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vtb.cluster.site import LauncherPlace, Site, StagePlace
from vtb.stage.declaration import Stage

CONTAINER = "stage"
TMP, CACHE, SHM = "tmp", "cache", "shm"
# All that a program may write to, on a read-only root.
SCRATCH = ({"name": TMP, "mountPath": "/tmp"}, {"name": CACHE, "mountPath": "/cache"})
STORE_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
UPLOAD_S = 30  # of the grace period are kept for what comes after the engine has saved
POD_SECURITY = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
}


def pod_spec(stage: Stage, arguments: Sequence[str], site: Site) -> dict[str, Any]:
    """The specification of a pod that runs a stage once."""
    place = site.place(stage)
    return {
        "restartPolicy": "Never",
        "serviceAccountName": site.service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": stage.grace_s,
        "securityContext": {**POD_SECURITY, **({} if site.fs_group is None else {"fsGroup": site.fs_group})},
        **placement(place, site),
        **({"runtimeClassName": place.runtime_class_name} if place.runtime_class_name else {}),
        "containers": [container(stage, arguments, site, place)],
        "volumes": _volumes(stage, site, place),
    }


def placement(place: StagePlace | LauncherPlace, site: Site) -> dict[str, Any]:
    """Where a pod may run, and what opens the registry for it."""
    wanted = {
        "nodeSelector": place.node_selector,
        "tolerations": place.tolerations,
        "affinity": place.affinity,
        "priorityClassName": place.priority_class_name,
        "imagePullSecrets": [{"name": name} for name in site.image.pull_secrets],
    }
    return {key: value for key, value in wanted.items() if value}


def container(stage: Stage, arguments: Sequence[str], site: Site, place: StagePlace) -> dict[str, Any]:
    """The one container of the pod: the image's own entry point with the arguments of the step."""
    mounts: list[dict[str, Any]] = [*SCRATCH]
    if place.shared_memory:
        mounts.append({"name": SHM, "mountPath": "/dev/shm"})
    mounts += place.extra_volume_mounts or []
    return safe_container(stage.image, arguments, environment(stage, site, place), resources(site, place), mounts, site)


def safe_container(
    image: str, words: Sequence[str], env: Sequence[dict[str, Any]], room: dict[str, Any],
    mounts: Sequence[dict[str, Any]], site: Site,
) -> dict[str, Any]:  # fmt: skip
    """A container of an image of ours that may do no more than its program needs.

    Args:
        image: the image, without registry and tag.
        words: the arguments of its entry point.
        env: its environment.
        room: requests and limits.
        mounts: what is mounted where.
        site: the place.
    """
    return {
        "name": CONTAINER,
        "image": site.image.named(image),
        "imagePullPolicy": site.image.pull_policy,
        "args": [unexpanded(word) for word in words],
        "env": [*env],
        "resources": room,
        "securityContext": CONTAINER_SECURITY,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [*mounts],
    }


def unexpanded(word: str) -> str:
    """A word that means itself: Kubernetes would put environment variables, and so secrets, for ``$(NAME)``."""
    return word.replace("$(", "$$(")


def environment(stage: Stage, site: Site, place: StagePlace) -> list[dict[str, Any]]:
    """The store's address and keys, the credentials that the stage may use, and what the site adds."""
    return [
        *store_environment(site),
        *_secrets(site.credentials.existing_secret, stage.credentials),
        *([{"name": "VTB_GRACE_S", "value": str(stage.grace_s - UPLOAD_S)}] if stage.gang else []),
        *(place.extra_env or []),
    ]


def store_environment(site: Site) -> list[dict[str, Any]]:
    """How the store is reached; secrets by reference only."""
    plain: Mapping[str, str] = {"S3_ENDPOINT_URL": site.store.endpoint, "AWS_REGION": site.store.region}
    return [
        *({"name": name, "value": value} for name, value in plain.items() if value),
        *_secrets(site.store.existing_secret, STORE_SECRETS),
    ]


def _secrets(secret: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Variables from a Secret; one that is not in it is not set."""
    if not secret:
        return []
    return [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": name, "optional": True}}} for name in names
    ]


def resources(site: Site, place: StagePlace) -> dict[str, Any]:
    """Processor time is asked for and not limited; all else is both."""
    fixed: dict[str, str] = {"memory": str(place.memory), "ephemeral-storage": str(place.disk)}
    if place.gpu:
        fixed[place.gpu_resource or site.gpu_resource] = str(place.gpu)
    fixed |= {name: str(amount) for name, amount in (place.extra_resources or {}).items()}
    return {"requests": {"cpu": str(place.cpu), **fixed}, "limits": fixed}


def _volumes(stage: Stage, site: Site, place: StagePlace) -> list[dict[str, Any]]:
    room = {"emptyDir": {"sizeLimit": str(place.disk)}}
    claim = site.model_cache.claim if stage.model_cache else ""
    cache = {"persistentVolumeClaim": {"claimName": claim}} if claim else room
    found = [{"name": TMP, **room}, {"name": CACHE, **cache}]
    if place.shared_memory:
        found.append({"name": SHM, "emptyDir": {"medium": "Memory", "sizeLimit": place.shared_memory}})
    return [*found, *(place.extra_volumes or [])]
