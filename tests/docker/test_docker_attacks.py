"""Containers killed, and the network between step and store cut, at random: the next run ends with the same bytes."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from attacks.chain import SEED
from container_tools import LIGHT, ROOT, build, containers, docker
from contract.command_line import call, killed_at_the_end, run, start
from vtb.artifact import read_manifest
from vtb.errors import TryAgain

if TYPE_CHECKING:
    from buckets import FaultyBucket
    from faulty_proxy import FaultyProxy

pytestmark = [pytest.mark.docker, pytest.mark.store]
NAMES = ("mazes", "curated", "dataset")
# The demo's data steps, smaller: the clips take most of the time.
DEMO = (
    "run", ROOT / "k8s" / "pipelines" / "demo.yaml", *(word for name in NAMES for word in ("--only", name)),
    "--set", "mazes.count=[3, 9]", "--set", "mazes.samples-per-shard=2", "--set", "mazes.frames=9",
)  # fmt: skip
KILLED = 137
PATIENCE_S = 300
ROUNDS = int(os.environ.get("VTB_ATTACKS", "1"))  # each takes half a minute, more on a busy machine


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    build(LIGHT)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], float]:
    """The digests of what an undisturbed run makes, and how many seconds it takes just now."""
    store, began = tmp_path_factory.mktemp("local"), time.monotonic()
    done = run("vtb", *DEMO, "--on", "local", "--store", store)
    assert done.code == 0, done.err
    return digests(str(store)), time.monotonic() - began


def digests(store: str) -> list[str]:
    return [read_manifest(f"{store}/{name}").digest for name in NAMES]


def kill_container(store: str) -> bool:
    """kill -9 of whatever container works for this store just now."""
    found = [container for name in NAMES for container in containers("vtb.output", f"{store}/{name}")]
    return any(docker("kill", container).code == 0 for container in found)


def cut(proxy: FaultyProxy, seconds: float) -> bool:
    """Break every connection, and refuse new ones for a while."""
    proxy.die()
    time.sleep(seconds)
    proxy.start()
    return True


def disturbed_run(
    rng: random.Random, bucket: FaultyBucket, store: str, seconds: float, done: Counter[str]
) -> tuple[int, str]:
    """One run, disturbed once or twice within so many seconds."""
    with killed_at_the_end(start("vtb", *DEMO, "--on", "docker", "--store", store)) as process:
        for _ in range(rng.choice((1, 2))):
            time.sleep(rng.uniform(0.1, 0.8) * seconds)
            if process.poll() is not None:
                break
            if rng.random() < 0.5:
                done["kills"] += kill_container(store)
            else:
                done["cuts"] += cut(bucket.proxy, rng.uniform(0.1, 5))
        _, err = process.communicate(timeout=PATIENCE_S)
        return process.returncode, err


def test_nothing_is_lost(undisturbed: tuple[list[str], float], faulty_s3: FaultyBucket) -> None:
    wanted, seconds = undisturbed
    rng, done = random.Random(f"{SEED}/docker"), Counter[str]()
    for number in range(ROUNDS):
        store = f"{faulty_s3.uri}/out-{number}"
        for _ in range(2):
            code, err = disturbed_run(rng, faulty_s3, store, seconds, done)
            what = f"attack {number}: {dict(done)}: exit {code}: {err}"
            assert code in (0, TryAgain.exit_code, KILLED), what
            assert "Traceback" not in err, what
            done[f"exit {code}"] += 1
        with killed_at_the_end(start("vtb", *DEMO, "--on", "docker", "--store", store)) as process:
            _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, f"{what}\n{err}"
        assert digests(store) == wanted, what
        for name in NAMES:
            assert containers("vtb.output", f"{store}/{name}") == [], what
            shown = call("vtb", "show", "--verify", f"{store}/{name}")
            assert shown.code == 0, f"{what}\n{shown.err}"
    print(dict(done))
