"""``vtb-gen-maze`` into S3: with requests that fail or stall, in parts, and no trace of secrets.

Every run is compared, object by object, with one that nothing disturbed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract.command_line import call, killed_at_the_end, session_members, start, without_run
from stages.generate.s3_runs import LINE, MAZE, OBJECTS, check_what_is_marked_as_done, ended, finished, objects
from vtb.artifact import read_manifest

if TYPE_CHECKING:
    from buckets import Bucket, FaultyBucket

pytestmark = pytest.mark.store


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
