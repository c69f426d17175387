"""The whole on a real cluster: nothing but the chart and images that it has. Needs KUBECONFIG; takes long.

KUBECONFIG=... pytest -m cluster tests/cluster/test_real_cluster.py -s
"""

from __future__ import annotations

import os
import random
import time
from typing import Any

import pytest

from cluster.real import (
    CHART,
    RELEASE,
    digests,
    jobs_of,
    kill,
    laptop,
    launcher,
    namespace,
    pipeline,
    pods_of,
    run_to_the_end,
    signal_store,
    victim,
    wait,
)  # fmt: skip

helm_python = pytest.importorskip("helm_python")
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif("KUBECONFIG" not in os.environ, reason="KUBECONFIG names no cluster"),
]
MAZES: dict[str, Any] = {"size": [9, 11], "count": 60, "video": True, "samples-per-shard": 5}
DATA: list[dict[str, Any]] = [
    {"name": "mazes", "stage": "gen-maze", "options": {**MAZES, "num-shards": 4}},
    {"name": "curated", "stage": "curate", "inputs": ["mazes"], "options": {"test": 0.2}},
    {"name": "dataset", "stage": "prepare vlm", "inputs": ["curated"]},
]
KILLS, RESTARTS = int(os.environ.get("VTB_CLUSTER_KILLS", "20")), 5


def data_values(prefix: str, **more: Any) -> dict[str, Any]:
    return laptop(pipeline={"file": pipeline(DATA)}, store={"uri": f"s3://vtb/{prefix}"}, **more)


def test_the_demo_runs_to_its_scores_and_leaves_nothing() -> None:
    with namespace() as api, helm_python.Config(namespace=api.namespace) as helm:
        helm.install(CHART, RELEASE, laptop())
        said = run_to_the_end(api, launcher(api))
        assert digests(said).keys() >= {"mazes", "curated", "dataset", "model", "adapter", "answers", "scores"}
        first = {job["metadata"]["name"] for job in jobs_of(api)}

        helm.upgrade(CHART, RELEASE, data_values("other"))  # another pipeline
        said = run_to_the_end(api, launcher(api))
        assert digests(said).keys() == {"mazes", "curated", "dataset"}
        assert {job["metadata"]["name"] for job in jobs_of(api)} != first

        helm.uninstall(RELEASE)
        wait("everything is gone", lambda: not jobs_of(api) and not pods_of(api), 120)


def test_whatever_is_killed_the_artifacts_are_the_same() -> None:
    chance = random.Random(7)
    with namespace() as api, helm_python.Config(namespace=api.namespace) as helm:
        helm.install(CHART, RELEASE, data_values("undisturbed"))
        undisturbed = digests(run_to_the_end(api, launcher(api)))

        helm.upgrade(CHART, RELEASE, data_values("disturbed"))
        job, left, restarts, stopped = launcher(api), KILLS, RESTARTS, [0.0]
        next_at = [time.monotonic() + 10]

        def disturb() -> None:
            nonlocal left, restarts
            if stopped[0] and time.monotonic() - stopped[0] > 60:  # the store comes back
                signal_store(api, "CONT")
                stopped[0] = 0.0
            if time.monotonic() < next_at[0]:
                return
            next_at[0] = time.monotonic() + chance.uniform(2, 8)
            pod = victim(api, chance)
            if left and pod is not None:
                kill(api, pod)
                left -= 1
                if left == KILLS // 2:
                    signal_store(api, "STOP")
                    stopped[0] = time.monotonic()
            if restarts and left < KILLS * restarts // (RESTARTS + 1):
                for pod in pods_of(api, "launcher"):
                    if pod["status"]["phase"] == "Running":
                        kill(api, pod)
                        restarts -= 1

        disturbed = digests(run_to_the_end(api, job, disturb))
        print(f"{KILLS - left} pods and {RESTARTS - restarts} launchers were killed, the store was away for a minute")
        assert KILLS - left >= min(KILLS, 5)
        assert restarts < RESTARTS
        assert disturbed == {name: digest for name, digest in undisturbed.items() if name in disturbed}
        assert "dataset" in disturbed
        helm.uninstall(RELEASE)
