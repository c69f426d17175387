"""What would keep a pipeline from running on a cluster, told before its first pod."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from vtb.cluster.api import Api, Conflict
from vtb.cluster.owner import owned
from vtb.cluster.site import Site
from vtb.errors import BadInput, NotAvailable, TryAgain, VtbError

log = logging.getLogger("vtb.run")
Right = tuple[str, str]  # a verb, and a kind with what is asked for of it: ("get", "Pod/log")
LOOK = [("list", "Pod"), ("get", "Pod"), ("get", "Pod/log")]
FOLLOW = [*LOOK, ("watch", "Pod")]
MAKE = ("create", "get", "list", "watch", "delete")
# Keys of the Kubernetes API that name another object, and where in their values the name stands.
REFERENCES = {
    "secretKeyRef": ("Secret", "name"), "secretRef": ("Secret", "name"), "secret": ("Secret", "secretName"),
    "configMapKeyRef": ("ConfigMap", "name"), "configMapRef": ("ConfigMap", "name"), "configMap": ("ConfigMap", "name"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
}  # fmt: skip


def rights_of_a_launcher(objects: Sequence[dict[str, Any]], site: Site) -> list[Right]:
    """What a launcher asks of the API server to run objects."""
    kinds = {made["kind"] for made in objects}
    rights = [(verb, kind) for kind in sorted(kinds - {"Service"}) for verb in MAKE]
    rights += [("create", "Service"), ("get", "Service")] if "Service" in kinds else []
    return [*FOLLOW, *rights, *([("get", "ConfigMap")] if site.owner else [])]


def find_problems(
    api: Api, site: Site, rights: Sequence[Right], made: Sequence[dict[str, Any]], pods: Sequence[dict[str, Any]]
) -> list[VtbError]:
    """Everything that the cluster can be asked; what it does not let us see is left to the pods.

    Args:
        api: the cluster.
        site: the place.
        rights: what will be asked of the cluster.
        made: the objects that will be made.
        pods: objects with the pods that come of it, here or in the cluster.
    """
    denied = sorted({f"{verb} {kind}" for verb, kind in rights if not api.may(verb, kind, _resource_name(kind, site))})
    if denied:
        where = f"in namespace {api.namespace}: ask for a role, or check --context and --namespace"
        return [NotAvailable(f"the cluster does not let us {', '.join(denied)} {where}")]
    refused = [problem for entry in made if (problem := _refusal(api, entry, site)) is not None]
    if refused:  # without a namespace, nothing is in it
        return list({str(problem): problem for problem in refused}.values())
    own = {(entry["kind"], entry["metadata"].get("name")) for entry in made}
    # Pods take these where they find them, but the site says that they are there.
    sure = {site.store.existing_secret, site.credentials.existing_secret}
    wanted = dict.fromkeys(_named(list(pods), sure))
    absent = [(kind, name) for kind, name in wanted if (kind, name) not in own and api.exists(kind, name) is False]
    return [
        NotAvailable(f"there is no {kind} {name} in namespace {api.namespace}: make it, or correct the site file")
        for kind, name in absent
    ]


def _resource_name(kind: str, site: Site) -> str:
    """The role of the chart's launcher is for one ConfigMap alone."""
    return site.owner if kind == "ConfigMap" else ""


def _refusal(api: Api, made: dict[str, Any], site: Site) -> VtbError | None:
    """What the cluster says of an object that it would be asked to make: it may be there already."""
    try:
        api.create(owned(api, made, site), dry_run=True)
    except Conflict:
        return None
    except BadInput as error:  # a webhook of the cluster's that cannot be asked
        return None if "does not support dry run" in str(error) else error
    except NotAvailable as error:
        return error
    except TryAgain as error:
        if "exceeded quota" not in str(error):
            raise
        log.warning("%s; a step that has its artifact needs none", error)  # and others wait for room
    return None


def _named(part: Any, sure: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every object that pods name and cannot start without, or that must be there all the same."""
    if isinstance(part, list):
        for entry in part:
            yield from _named(entry, sure)
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        if key in REFERENCES and isinstance(value, dict):
            kind, where = REFERENCES[key]
            name = value.get(where) or value.get("name", "")
            if name and (name in sure or not value.get("optional")):
                yield kind, name
        elif key == "serviceAccountName" and value != "default":  # which every namespace has
            yield "ServiceAccount", value
        elif key == "imagePullSecrets":
            yield from (("Secret", entry["name"]) for entry in value)
        yield from _named(value, sure)
