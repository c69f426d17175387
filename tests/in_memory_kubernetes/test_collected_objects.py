"""What goes with its owner, and what stays."""

from __future__ import annotations

import time

import pytest
from kubernetes import client

from in_memory_kubernetes import Kubernetes
from in_memory_kubernetes.config_maps import batch as batch  # fixtures
from in_memory_kubernetes.config_maps import core as core
from in_memory_kubernetes.config_maps import phases
from in_memory_kubernetes.jobs import make_job


@pytest.mark.parametrize("policy", [None, "Background", "Foreground"])
def test_a_deleted_job_leaves_its_pods_unless_it_is_told_not_to(
    kubernetes: Kubernetes, batch: client.BatchV1Api, policy: str | None
) -> None:
    kubernetes.run = lambda pod, log: log.sleep(30) or 0  # type: ignore[func-returns-value]
    batch.create_namespaced_job("test", make_job())
    kubernetes.wait(lambda: phases(kubernetes, {}) == ["Running"])
    version = kubernetes.store.version
    batch.delete_namespaced_job("job", "test", propagation_policy=policy)
    kubernetes.wait(lambda: kubernetes.get("jobs", "job") is None)
    if policy is None:  # of batch/v1 only: https://kubernetes.io/docs/tasks/administer-cluster/use-cascading-deletion/
        time.sleep(0.2)
        assert phases(kubernetes, {}) == ["Running"]
        assert kubernetes.objects("pods")[0]["metadata"].keys() & {"ownerReferences", "finalizers"} == set()
        return
    kubernetes.wait(lambda: not kubernetes.objects("pods"))
    changes = kubernetes.store.changes_since(version)
    gone = [change.resource.plural for change in changes if change.kind == "DELETED"]
    assert gone == (["pods", "jobs"] if policy == "Foreground" else ["jobs", "pods"])


def test_what_names_an_owner_that_is_not_there_is_collected(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "gone", "uid": "no-such-uid"}
    core.create_namespaced_config_map("test", {"metadata": {"name": "a", "ownerReferences": [owner]}})
    kubernetes.wait(lambda: kubernetes.get("configmaps", "a") is None)
