"""A server over several nodes, as a LeaderWorkerSet: vLLM's leader answers, its workers hold the rest of the model."""

from __future__ import annotations

from typing import Any

from vtb.cluster.names import COMPONENT, MANAGED, RELEASE
from vtb.cluster.pod import pod_spec
from vtb.cluster.site import Site
from vtb.stage.declaration import Stage


def leader_worker_set(
    name: str, stage: Stage, arguments: list[str], nodes: int, port: int, site: Site
) -> dict[str, Any]:
    """Groups of ``nodes`` pods each, one group here, that start and end together.

    The controller tells each pod where its leader is (``LWS_LEADER_ADDRESS``), the size of its group
    (``LWS_GROUP_SIZE``) and its place in it (``LWS_WORKER_INDEX``).
    """
    marks = {**MANAGED, RELEASE: site.release, COMPONENT: stage.slug}
    pod = {**pod_spec(stage, arguments, site), "restartPolicy": "Always"}
    leader = {**pod, "containers": [{**pod["containers"][0], "ports": [{"name": "http", "containerPort": port}]}]}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name, **({"namespace": site.namespace} if site.namespace else {}), "labels": marks},
        "spec": {
            "replicas": 1,
            "leaderWorkerTemplate": {
                "size": nodes,
                "restartPolicy": "RecreateGroupOnPodRestart",
                "leaderTemplate": {"metadata": {"labels": marks}, "spec": leader},
                "workerTemplate": {"metadata": {"labels": marks}, "spec": pod},
            },
        },
    }
