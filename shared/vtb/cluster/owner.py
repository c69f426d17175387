"""Whose what we make in a cluster is: an object of the chart's, so that `helm uninstall` leaves nothing behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtb.cluster.api import Api, Missing
from vtb.cluster.site import Site
from vtb.errors import NotAvailable


def owned(api: Api, made: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """The object with the site's owner, where it names one: the cluster deletes it when the owner is deleted.

    Raises:
        NotAvailable: the owner is not there.
    """
    if not site.owner:
        return dict(made)
    try:
        owner = api.get("ConfigMap", site.owner)
    except Missing as error:
        raise NotAvailable(
            f"the site file says owner: {site.owner}, but namespace {api.namespace} has no such ConfigMap: "
            "install the chart, or leave owner out"
        ) from error
    return with_owner(made, owner)


def with_owner(made: Mapping[str, Any], owner: Mapping[str, Any]) -> dict[str, Any]:
    """An object that goes when another, as the cluster has it, goes."""
    meta = owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]}
    return {**made, "metadata": {**made["metadata"], "ownerReferences": [reference]}}
