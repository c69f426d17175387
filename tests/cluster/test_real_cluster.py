"""The whole on a real cluster: nothing but the chart and images that it has. Needs KUBECONFIG and kubectl; takes long.

KUBECONFIG=... pytest -m cluster tests/cluster/test_real_cluster.py -s
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster.real import (
    CHART,
    RELEASE,
    WAYS,
    is_running,
    jobs_of,
    kill,
    laptop,
    launcher,
    namespace,
    pipeline,
    pods_of,
    run_to_the_end,
    running_pods,
    signal_store,
    store_from_here,
    wait,
)  # fmt: skip
from contract.command_line import killed_at_the_end, run, start
from vtb.artifact import read_manifest
from vtb.cluster.api import Api
from vtb.cluster.state import label

helm_python = pytest.importorskip("helm_python")
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif("KUBECONFIG" not in os.environ, reason="KUBECONFIG names no cluster"),
]
MAZES: dict[str, Any] = {"size": [9], "count": [24], "samples-per-shard": 2, "num-shards": 12}
DATA: list[dict[str, Any]] = [
    {"name": "mazes", "stage": "gen-maze", "options": MAZES},
    {"name": "curated", "stage": "curate", "inputs": ["mazes"], "options": {"test": 0.2}},
    {"name": "dataset", "stage": "prepare vlm", "inputs": ["curated"]},
]
STORE = "s3://vtb/data"
# The Job controller waits 10 s before it tries a part again, then 20 s, then 40 s: many kills of few parts take hours.
KILLS, EACH = int(os.environ.get("VTB_CLUSTER_KILLS", "20")), 2


def data_values(parallelism: int) -> dict[str, Any]:
    """The data stages in the place of the demo."""
    stages = {"gen-maze": {"parallelism": parallelism, "cpu": "50m"}}
    return laptop(pipeline={"file": pipeline(DATA)}, store={"uri": STORE}, stages=stages)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of the artifacts, made by processes of this machine."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "data.yaml").write_text(pipeline(DATA))
    done = run("vtb", "run", folder / "data.yaml", "--on", "local", "--store", folder)
    assert done.code == 0, done.err
    return digests(str(folder))


def digests(store: str) -> dict[str, str]:
    return {step["name"]: read_manifest(f"{store}/{step['name']}").digest for step in DATA}


@pytest.fixture
def api() -> Iterator[Api]:
    with namespace() as made:
        yield made


@pytest.fixture
def helm(api: Api) -> Iterator[Any]:
    with helm_python.Config(namespace=api.namespace) as made:
        yield made
        made.uninstall(RELEASE, ignore_not_found=True)


def check_artifacts(api: Api, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the store is what an undisturbed run makes, to the byte."""
    with store_from_here(api) as env:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        assert digests(STORE) == undisturbed
        for name in undisturbed:
            shown = run("vtb", "show", "--verify", f"{STORE}/{name}")
            assert shown.code == 0, shown.err


def test_the_demo_runs_to_its_scores(api: Api, helm: Any) -> None:
    helm.install(CHART, RELEASE, laptop())
    said = run_to_the_end(api, launcher(api))
    for step in ("mazes", "curated", "dataset", "model", "adapter", "answers", "scores"):
        assert f" {step}: complete after" in said


def test_install_upgrade_test_and_uninstall(api: Api, helm: Any) -> None:
    small = {"name": "mazes", "stage": "gen-maze", "options": {"size": [7], "count": [4]}}
    values = laptop(pipeline={"file": pipeline([small])})
    helm.install(CHART, RELEASE, values)
    run_to_the_end(api, launcher(api))
    first = {job["metadata"]["name"] for job in jobs_of(api)}

    other = {**small, "name": "others", "options": {"size": [9], "count": [4]}}
    helm.upgrade(CHART, RELEASE, {**values, "pipeline": {"file": pipeline([other])}})
    assert "others: complete after" in run_to_the_end(api, launcher(api))
    assert len({job["metadata"]["name"] for job in jobs_of(api)} - first) == 2

    helm.test(RELEASE, timeout=240)
    with store_from_here(api) as env:  # what the first pipeline made is still there
        for step in ("mazes", "others", "helm-test"):
            shown = run("vtb", "show", "--verify", f"s3://vtb/demo/{step}", env=env)
            assert shown.code == 0, shown.err

    helm.uninstall(RELEASE)
    wait("everything is gone", lambda: not jobs_of(api) and not pods_of(api), 120)


def test_pods_killed_at_random(
    api: Api, helm: Any, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, killed, ways, due = random.Random(7), Counter[str](), Counter[str](), dict[str, float]()

    def disturb() -> None:
        now = time.monotonic()
        for pod in running_pods(api):
            # Within a second: a quick machine is through with a part in some seconds.
            part, at = label(pod), due.setdefault(pod["metadata"]["name"], now + chance.uniform(0, 1))
            if now >= at and killed[part] < EACH and killed.total() < KILLS and (way := kill(api, pod, chance)):
                due[pod["metadata"]["name"]] = float("inf")
                killed[part] += 1
                ways[way] += 1

    helm.install(CHART, RELEASE, data_values(parallelism=6))
    run_to_the_end(api, launcher(api), disturb)
    print(f"{killed.total()} pods of {len(killed)} parts were killed: {dict(ways)}")
    assert killed.total() >= KILLS * 3 // 4
    assert len(ways) == len(WAYS)
    check_artifacts(api, undisturbed, monkeypatch)


def test_launchers_killed_and_two_at_once(
    api: Api, helm: Any, undisturbed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One launcher in the cluster, killed twice, and one on this machine, killed three times."""
    chance = random.Random(7)
    helm.install(CHART, RELEASE, data_values(parallelism=2))
    files = api.get("ConfigMap", f"{RELEASE}-launcher")["data"]
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    words = ("run", tmp_path / "pipeline.yaml", "--on", "kubernetes", "--site", tmp_path / "site.yaml")
    with store_from_here(api) as env:
        for number in range(3):
            with killed_at_the_end(
                start("vtb", *words, "--store", STORE, "--namespace", api.namespace, env=env)
            ) as own:
                with pytest.raises(subprocess.TimeoutExpired):
                    own.wait(chance.uniform(6, 12))
                own.kill()
            if number < 2:
                there = wait("a launcher", lambda: [pod for pod in pods_of(api, "launcher") if is_running(pod)], 120)
                assert kill(api, there[0], chance)
        with killed_at_the_end(start("vtb", *words, "--store", STORE, "--namespace", api.namespace, env=env)) as last:
            _, err = last.communicate(timeout=240)
        assert last.returncode == 0, err
    run_to_the_end(api, launcher(api))
    steps = [job["metadata"]["labels"]["vtb-train/step"] for job in jobs_of(api)
             if "vtb-train/step" in job["metadata"]["labels"]]  # fmt: skip
    assert sorted(steps) == sorted(undisturbed)
    check_artifacts(api, undisturbed, monkeypatch)


def test_the_store_goes_away_for_a_minute(
    api: Api, helm: Any, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, back = [0.0], [0.0]

    def disturb() -> None:
        if not stopped[0] and running_pods(api):
            signal_store(api, "STOP")
            stopped[0] = time.monotonic()
        elif stopped[0] and not back[0] and time.monotonic() - stopped[0] > 60:
            signal_store(api, "CONT")
            back[0] = time.monotonic()

    helm.install(CHART, RELEASE, data_values(parallelism=2))
    run_to_the_end(api, launcher(api), disturb)
    assert back[0], "it had ended before the store came back"
    check_artifacts(api, undisturbed, monkeypatch)
