"""Shard ranges, and how many processors a process may use."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.command_line import call
from vtb.errors import UsageProblem
from vtb.stage.sharding import ShardRange, cpus, useful


@given(st.integers(0, 2000), st.integers(1, 60))
def test_parts_cover_the_whole_without_overlap(total: int, count: int) -> None:
    parts = [ShardRange(count, index).of(total) for index in range(count)]
    assert list(chain.from_iterable(parts)) == list(range(total))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(("count", "index"), [(1, 1), (3, 3), (3, -1), (7, 100)])
def test_an_index_outside_the_count_is_refused(count: int, index: int) -> None:
    with pytest.raises(UsageProblem, match=f"--shard-index {index} is outside 0..{count - 1}"):
        ShardRange(count, index)


def test_whole() -> None:
    assert ShardRange().whole
    assert not ShardRange(2, 0).whole


def test_the_index_comes_from_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = ("--count", "12", "--samples-per-shard", "2", "--num-shards", "3", "--dry-run", "--output", tmp_path / "o")
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "2")
    assert "part   2 of 3: shards 4 to 5\n" in call("vtb-gen-maze", *line).out
    assert "part   1 of 3: shards 2 to 3\n" in call("vtb-gen-maze", *line, "--shard-index", "1").out


def test_a_part_of_several_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOB_COMPLETION_INDEX", raising=False)
    line = ("--count", "12", "--output", tmp_path / "out")
    done = call("vtb-gen-maze", *line, "--num-shards", "3")
    assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
    assert "--shard-index 0 to 2" in done.err
    assert not (tmp_path / "out").exists()
    assert call("vtb-gen-maze", *line, "--num-shards", "3", "--shard-index", "0", "--dry-run").code == 0
    assert call("vtb-gen-maze", *line, "--num-shards", "1", "--dry-run").code == 0


def test_hundreds_of_workers_are_no_more_than_can_be_used(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", "vtb.sharded")
    assert useful(1) == 1
    assert useful(4 * cpus()) == 4 * cpus()
    assert not caplog.records
    assert useful(300) == 4 * cpus()
    assert f"--workers 300: this machine has {cpus()} CPU(s)" in caplog.text


def test_affinity_limits_the_processors() -> None:
    code = (
        "import os, vtb.stage.sharding as s; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); print(s.cpus())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "1\n"
    assert 1 <= cpus() <= (os.cpu_count() or 1)
