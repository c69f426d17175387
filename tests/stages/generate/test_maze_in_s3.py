"""``vtb-gen-maze`` into S3: killed at any moment, with a server that dies, fails or stalls, and no trace of secrets.

Every run is compared, object by object, with one that nothing disturbed.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from contract.command_line import Result, call, files, killed_at_the_end, session_members, start, without_run
from s3_server import Fault, FaultyProxy, S3Server
from vtb.artifact import read_manifest

if TYPE_CHECKING:
    from conftest import Bucket, FaultyBucket

pytestmark = pytest.mark.store

MAZE = "vtb-gen-maze"
# 48 samples in 12 shards, each made in a moment.
LINE = ("--size", "9", "--cell-px", "8", "--count", "48", "--samples-per-shard", "4",
        "--video", "--frames", "5", "--clip-size", "64x64")  # fmt: skip
OBJECTS = 1 + 12 * 2 + 5 + 1
ROUNDS, KILLS_PER_ROUND = 5, 10


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert call(MAZE, *LINE, "--workers", "1", "--output", folder).code == 0
    found = without_run(files(folder))
    assert len(found) == OBJECTS
    return found


def objects(folder: Path) -> dict[str, bytes]:
    """What the server has below a prefix, read from its disk; uploads that are under way are no objects."""
    return {name: data for name, data in files(folder).items() if not name.endswith(".partial")}


def count(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def wait_for_objects(process: subprocess.Popen[str], folder: Path, wanted: int, seconds: float = 60) -> bool:
    """Wait until so many objects are there; false when the process has ended before."""
    deadline = time.monotonic() + seconds
    while count(folder) < wanted:
        if ended(process, 0.005):
            return False
        assert time.monotonic() < deadline
    return not ended(process, 0)


def ended(process: subprocess.Popen[str], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def nobody_is_left(leader: int, seconds: float = 15) -> bool:
    """Whether every process of a session ends by itself within some seconds."""
    deadline = time.monotonic() + seconds
    while members := session_members(leader):
        psutil.wait_procs([psutil.Process(pid) for pid in members if psutil.pid_exists(pid)], timeout=0.1)
        if time.monotonic() > deadline:
            return False
    return True


def finished(process: subprocess.Popen[str]) -> Result:
    out, err = process.communicate(timeout=120)
    return Result(process.returncode, out, err)


def check_what_is_marked_as_done(found: dict[str, bytes], whole: dict[str, Any]) -> None:
    """An object that is there is whole, and nothing is called complete before all is there."""
    for name, data in found.items():
        if name != "manifest.json":
            assert data == whole[name], name
    if "manifest.json" in found:
        assert without_run(found) == whole


class Killer:
    """Starts the same command again and again and kills it at random moments, until it has had enough."""

    def __init__(self, bucket: Bucket, seed: int) -> None:
        self.rng, self.bucket = random.Random(seed), bucket
        self.kills = self.completed = self.with_objects = 0

    def folder(self) -> Path:
        return self.bucket.server.root / self.bucket.name / f"run-{self.completed}"

    def start(self) -> subprocess.Popen[str]:
        return start(MAZE, *LINE, "--workers", "2", "--output", f"{self.bucket.uri}/run-{self.completed}")

    def moment(self, process: subprocess.Popen[str]) -> bool:
        """Let a random number of objects appear and a random time pass; false when the run has ended before."""
        more = self.rng.randrange(0, 12)
        longest = 0.6 if more == 0 else 0.05  # without another object, some moment of the start
        there = wait_for_objects(process, self.folder(), count(self.folder()) + more)
        return there and not ended(process, self.rng.uniform(0, longest))

    def disturb(self, whole: dict[str, Any]) -> None:
        """One start, and one kill or one completed run."""
        with killed_at_the_end(self.start()) as process:
            if not self.moment(process):
                result = finished(process)
                assert result.code == 0, result.err
                assert without_run(objects(self.folder())) == whole
                self.completed += 1
                return
            if self.rng.random() < 0.5:
                process.kill()  # the parent alone: its workers must find out
            else:
                for pid in session_members(process.pid):
                    psutil.Process(pid).kill() if psutil.pid_exists(pid) else None
            process.wait()
            self.kills += 1
            self.with_objects += 0 < count(self.folder()) < OBJECTS
            assert nobody_is_left(process.pid)
        check_what_is_marked_as_done(objects(self.folder()), whole)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_kill_9_at_random_moments(s3: Bucket, undisturbed: dict[str, Any], seed: int) -> None:
    killer = Killer(s3, seed)
    while killer.kills < KILLS_PER_ROUND:
        killer.disturb(undisturbed)
    assert killer.with_objects >= KILLS_PER_ROUND // 3
    last = finished(killer.start())
    assert last.code == 0, last.err
    assert without_run(objects(killer.folder())) == undisturbed


@contextmanager
def held_run(proxy: HoldingProxy, uri: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """A run that is certainly in its middle: a proxy holds the upload of one shard back until it is told otherwise."""
    proxy.add("stall", method="PUT", part="shards/00008.tar")
    line = (MAZE, *LINE, "--workers", "2", "--output", uri)
    with killed_at_the_end(start(*line, env={"S3_ENDPOINT_URL": proxy.url, "VTB_S3_TIMEOUT": "60", **env})) as process:
        while not proxy.holding.wait(0.1):
            assert not ended(process, 0)
        yield process


class HoldingProxy(FaultyProxy):
    """A proxy that says when it holds a request back."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.holding = threading.Event()

    def take(self, method: str, path: str) -> Fault | None:
        fault = super().take(method, path)
        if fault is not None and fault.kind == "stall":
            self.holding.set()
        return fault


@dataclass
class Held:
    """A server of the test's own, a proxy before it, and the folder of what is written."""

    server: S3Server
    proxy: HoldingProxy
    folder: Path
    uri: str = "s3://bucket/o"


@pytest.fixture
def held(tmp_path: Path, no_s3_env: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    with S3Server(tmp_path) as server, HoldingProxy(server.url) as proxy:
        server.make_bucket("bucket")
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        yield Held(server, proxy, tmp_path / "bucket" / "o")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_signal_ends_it_cleanly_and_a_rerun_goes_on(
    held: Held, undisturbed: dict[str, Any], sent: signal.Signals, code: int
) -> None:
    with held_run(held.proxy, held.uri) as process:
        process.send_signal(sent)
        result = finished(process)
        assert nobody_is_left(process.pid)
    assert result.code == code, result.err
    assert [line for line in result.err.splitlines() if line] == result.error_lines
    assert "run the same command again to continue" in result.err
    check_what_is_marked_as_done(objects(held.folder), undisturbed)
    again = call(MAZE, *LINE, "--workers", "1", "--output", held.uri)
    assert again.code == 0
    assert " of 12 shards are there already" in again.err
    assert without_run(objects(held.folder)) == undisturbed


def test_a_server_that_dies_and_comes_back_in_time(held: Held, undisturbed: dict[str, Any]) -> None:
    with held_run(held.proxy, held.uri) as process:
        held.server.kill()
        held.proxy.released.set()
        assert process.stderr is not None
        assert "retry 1 of 5" in process.stderr.readline()
        held.server.restart()
        result = finished(process)
    assert result.code == 0, result.err
    assert without_run(objects(held.folder)) == undisturbed


def test_a_server_that_dies_for_good(held: Held, undisturbed: dict[str, Any]) -> None:
    with held_run(held.proxy, held.uri, VTB_S3_RETRIES="2") as process:
        held.server.kill()
        held.proxy.released.set()
        result = finished(process)
        assert nobody_is_left(process.pid)
    assert result.code == 75, result.err
    assert len(result.error_lines) == 1
    assert "the connection broke, 2 times; run the same command again to resume" in result.error_lines[0]
    assert "Traceback" not in result.err
    assert "shards/00000.tar" in objects(held.folder)
    assert "manifest.json" not in objects(held.folder)
    held.server.restart()
    again = call(MAZE, *LINE, "--workers", "1", "--output", held.uri)
    assert again.code == 0, again.err
    assert without_run(objects(held.folder)) == undisturbed


@pytest.mark.parametrize(
    ("method", "kind", "part"),
    [
        ("PUT", "status", ""), ("PUT", "stall", ""), ("PUT", "lost", ""), ("GET", "status", ""),
        ("GET", "cut", "list-type"), ("GET", "short", "list-type"),
    ],
)  # fmt: skip
def test_passing_trouble_is_retried(
    faulty_s3: FaultyBucket, undisturbed: dict[str, Any], kind: str, method: str, part: str
) -> None:
    faulty_s3.proxy.add(kind, times=1, method=method, part=part, status=500, code="InternalError")
    faulty_s3.proxy.add(kind, times=1, method=method, part="shards", status=503)
    result = call(MAZE, *LINE, "--workers", "1", "--output", f"{faulty_s3.uri}/o")
    assert result.code == 0, result.err
    assert "retry 1 of 2" in result.err
    assert without_run(objects(faulty_s3.server.root / faulty_s3.name / "o")) == undisturbed


@pytest.mark.parametrize("kind", ["status", "stall", "lost"])
def test_lasting_trouble_ends_with_try_again(
    faulty_s3: FaultyBucket, undisturbed: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VTB_S3_RETRIES", "2")
    line = (MAZE, *LINE, "--workers", "1", "--output", f"{faulty_s3.uri}/o")
    # The first shard gets through, and no answer to the second one ever comes back.
    faulty_s3.proxy.add(kind, times=10**6, part="shards/00001.tar", status=500, code="InternalError")
    result = call(*line)
    folder = faulty_s3.server.root / faulty_s3.name / "o"
    assert result.code == 75, result.err
    assert len(result.error_lines) == 1
    assert "shards/00001.tar" in result.error_lines[0]
    assert "shards/00000.tar.done.json" in objects(folder)
    assert not {"manifest.json", "shards/00001.tar.done.json"} & set(objects(folder))
    check_what_is_marked_as_done(objects(folder), undisturbed)
    monkeypatch.setenv("S3_ENDPOINT_URL", faulty_s3.server.url)
    assert call(*line).code == 0
    assert without_run(objects(folder)) == undisturbed


def test_parts_in_s3(s3: Bucket, undisturbed: dict[str, Any]) -> None:
    """Several pods write one output at the same time; the last one commits."""
    line = (*LINE, "--workers", "1", "--output", f"{s3.uri}/o", "--num-shards", "3")
    pods = [start(MAZE, *line, env={"JOB_COMPLETION_INDEX": str(index)}) for index in range(3)]
    results = [finished(pod) for pod in pods]
    assert [result.code for result in results] == [0, 0, 0], results
    assert any("complete: 48 rows" in result.err for result in results)
    assert without_run(objects(s3.server.root / s3.name / "o")) == undisturbed


def command_lines(leader: int) -> set[str]:
    """What any user of the machine can read of a session's processes."""
    found = set()
    for pid in session_members(leader):
        try:
            found.add((Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_no_secret_is_ever_shown(faulty_s3: FaultyBucket) -> None:
    """Not in logs at their loudest and with retries, not in any object, not in the list of processes."""
    secret = faulty_s3.env["AWS_SECRET_ACCESS_KEY"]
    faulty_s3.proxy.add("status", times=3, method="PUT", status=500, code=secret)
    env = {**faulty_s3.env, "VTB_S3_RETRIES": "6", "VTB_S3_TIMEOUT": "10"}
    line = (MAZE, *LINE, "--workers", "2", "--log-level", "debug", "--output", f"{faulty_s3.uri}/o")
    seen: set[str] = set()
    with killed_at_the_end(start(*line, env=env)) as process:
        while not ended(process, 0.05):
            seen |= command_lines(process.pid)
        result = finished(process)
    assert result.code == 0, result.err
    assert "retry 1 of 5" in result.err
    assert any("spawn_main" in line for line in seen), seen  # the workers were seen, too
    found = objects(faulty_s3.server.root / faulty_s3.name / "o")
    assert json.loads(found["manifest.json"])["config"]["count"] == [48]
    assert {"plan.json", "shards/00000.tar.done.json", "README.md"} <= set(found)
    for text in [result.out, result.err, *seen, *(data.decode("latin-1") for data in found.values())]:
        assert secret not in text


def test_no_secret_in_an_error(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-but-secret-key")
    result = call(MAZE, *LINE, "--workers", "1", "--log-level", "debug", "--output", f"{s3.uri}/o")
    assert result.code == 4
    assert "a-wrong-but-secret-key" not in result.err


def test_the_manifest_in_s3_is_that_of_a_folder(s3: Bucket, undisturbed: dict[str, Any]) -> None:
    assert call(MAZE, *LINE, "--workers", "1", "--output", f"{s3.uri}/deep/down/o/").code == 0
    manifest = read_manifest(f"{s3.uri}/deep/down/o")
    assert manifest.digest == undisturbed["manifest.json"]["digest"]


def test_the_proxy_is_in_the_way(faulty_s3: FaultyBucket) -> None:
    """The faults above are faults of the very requests that a run makes."""
    assert call(MAZE, *LINE, "--workers", "1", "--output", f"{faulty_s3.uri}/o").code == 0
    assert faulty_s3.proxy.requests["PUT"] == OBJECTS
