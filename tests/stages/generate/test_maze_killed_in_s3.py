"""``vtb-gen-maze`` into S3: killed at any moment, told to stop, with a server that dies.

Every run is compared, object by object, with one that nothing disturbed.
"""

from __future__ import annotations

import random
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from contract.command_line import call, killed_at_the_end, session_members, start, without_run
from stages.generate.s3_runs import (
    LINE,
    MAZE,
    OBJECTS,
    Held,
    check_what_is_marked_as_done,
    count,
    ended,
    finished,
    held_run,
    nobody_is_left,
    objects,
    wait_for_objects,
)  # fmt: skip

if TYPE_CHECKING:
    from buckets import Bucket

pytestmark = pytest.mark.store
ROUNDS, KILLS_PER_ROUND = 3, 10


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


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_signal_ends_it_cleanly_and_a_rerun_goes_on(
    held: Held, undisturbed: dict[str, Any], sent: signal.Signals, code: int
) -> None:
    with held_run(held.proxy, held.uri) as process:
        process.send_signal(sent)
        result = finished(process)
        assert nobody_is_left(process.pid)
    assert result.code == code, result.err
    told = [line for line in result.err.splitlines() if line and " of 12 shards are done" not in line]
    assert told == result.error_lines
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
