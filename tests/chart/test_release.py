"""The life of a release on a real cluster: nothing starts twice, what changes starts anew, nothing is left behind."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from typing import Any

import helm_python
import pytest

from chart.helm import CHART, ci_values
from vtb.cluster.api import connect

pytestmark = [
    pytest.mark.chart,
    pytest.mark.cluster,
    pytest.mark.skipif("KUBECONFIG" not in os.environ, reason="KUBECONFIG names no cluster"),
]
# No pod of it starts, so that no image is needed.
VALUES: dict[str, Any] = ci_values("everything") | {
    "launcher": {"nodeSelector": {"vtb-train/no-node": "has-this-label"}},
    "argo": {"enabled": False},
    "defaults": {},
}
OTHER = VALUES | {"store": VALUES["store"] | {"uri": "s3://vtb/another"}}


@pytest.fixture
def namespace() -> Iterator[str]:
    """A fresh namespace that takes restricted pods only."""
    from kubernetes import client, config

    config.load_kube_config()
    name, api = f"vtb-chart-{secrets.token_hex(4)}", client.CoreV1Api()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    api.create_namespace({"metadata": {"name": name, "labels": labels}})
    yield name
    api.delete_namespace(name)


def launchers(namespace: str) -> dict[str, str]:
    """The launchers' Jobs: name and identity."""
    return {
        made["metadata"]["name"]: made["metadata"]["uid"]
        for made in connect(namespace).list("Job")[0]
        if "deletionTimestamp" not in made["metadata"]
    }


def test_upgrades_start_what_is_new_and_nothing_else(namespace: str) -> None:
    with helm_python.Config(namespace=namespace) as helm:
        helm.install(CHART, "trial", VALUES)
        first = launchers(namespace)
        assert first.keys() == {"trial-launcher"}
        helm.upgrade(CHART, "trial", VALUES)
        assert launchers(namespace) == first

        helm.upgrade(CHART, "trial", OTHER)
        (other,) = second = launchers(namespace)
        assert other.startswith("trial-launcher-")
        helm.upgrade(CHART, "trial", OTHER)
        assert launchers(namespace) == second

        connect(namespace).delete("Job", other)
        until = time.monotonic() + 30
        while launchers(namespace) and time.monotonic() < until:
            time.sleep(0.2)
        helm.upgrade(CHART, "trial", OTHER)
        assert launchers(namespace).keys() == {other}
        assert launchers(namespace) != second

        helm.upgrade(CHART, "trial", VALUES)
        assert launchers(namespace).keys().isdisjoint({"trial-launcher", other})
        helm.uninstall("trial")
        helm.install(CHART, "trial", VALUES)  # with the volume of models that was kept
        helm.uninstall("trial")
    api = connect(namespace)
    until = time.monotonic() + 60
    while any(api.list(kind)[0] for kind in ("Job", "Pod")) and time.monotonic() < until:
        time.sleep(0.5)
    left = [made["metadata"]["name"] for kind in ("Job", "Pod", "ConfigMap", "Service") for made in api.list(kind)[0]]
    assert [name for name in left if name.startswith("trial")] == []
