"""Making shards: the same bytes however the work is split, and clear ends when a worker is lost."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from contract.command_line import files, without_run
from vtb import log as vtb_log
from vtb.artifact import Plan
from vtb.artifact.output import Output
from vtb.errors import BadInput, NotAvailable, TryAgain
from vtb.stage.executor import ShardResult, Task, Tick, _make_by_workers, finish, make_missing, wait_note
from vtb.stage.sharding import ShardRange

PLAN = Plan("puzzles", "vtb-x", 1, {"seed": 1})
ROWS = 3


def make(number: int, tick: Tick) -> ShardResult:
    for _ in range(ROWS):
        tick(1)
    return ShardResult(b"shard %d" % number, ROWS, {f"media/{number}.png": b"p%d" % number}, {"sum": number})


def make_or_fail(number: int, tick: Tick, *, marks: str, how: str) -> ShardResult:
    """Leaves a mark of having been called, and fails at the first shard."""
    (Path(marks) / str(number)).touch()
    if number == 0 and how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 0:
        raise {"bad": BadInput, "again": TryAgain, "bug": ZeroDivisionError}[how](f"shard {number} cannot be made")
    return make(number, tick)


def make_and_log(number: int, tick: Tick) -> ShardResult:
    logging.getLogger("vtb.test").warning("made %d in %s", number, multiprocessing.current_process().name)
    logging.getLogger("vtb.test").debug("details")
    return make(number, tick)


def tasks(count: int) -> list[Task[int]]:
    return [Task(f"shards/{number:05d}.bin", ROWS, number) for number in range(count)]


@dataclass
class Made7:
    """A finished artifact and the sum that its closing function saw."""

    content: dict[str, object]
    total: int


def run(folder: Path, workers: int, parts: list[ShardRange], count: int = 7) -> Made7:
    """Make an artifact by these parts one after the other."""
    manifests = []
    for part in parts:
        output = Output(str(folder), PLAN)
        output.begin(alone=part.whole)
        if make_missing(output, tasks(count), make, part=part, workers=workers, what="rows"):
            manifests.append(
                finish(output, tasks(count), lambda shards: ([], {"sum": sum(shard.stats["sum"] for shard in shards)}))
            )
    assert len(manifests) == 1
    return Made7(without_run(files(folder)), manifests[0].metrics["sum"])


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Made7:
    return run(tmp_path_factory.mktemp("reference"), 1, [ShardRange()])


@pytest.mark.parametrize("workers", [2, 5])
def test_workers_do_not_change_a_byte(tmp_path: Path, reference: Made7, workers: int) -> None:
    assert run(tmp_path, workers, [ShardRange()]) == reference
    assert reference.total == 21
    assert "media/6.png" in reference.content


@pytest.mark.parametrize("order", [range(7), range(6, -1, -1), (3, 0, 6, 2, 5, 1, 4)])
def test_parts_in_any_order_do_not_change_a_byte(tmp_path: Path, reference: Made7, order: range) -> None:
    assert run(tmp_path, 1, [ShardRange(7, index) for index in order]) == reference


def test_more_parts_than_shards_and_several_workers_each(tmp_path: Path, reference: Made7) -> None:
    parts = [ShardRange(10, index) for index in range(10)]
    last = max(index for index in range(10) if parts[index].of(7))
    ordered = [part for part in parts if part.index != last] + [parts[last]]
    assert run(tmp_path, 2, ordered) == reference


def test_only_what_is_missing_is_made(tmp_path: Path, reference: Made7, caplog: pytest.LogCaptureFixture) -> None:
    run(tmp_path, 1, [ShardRange()])
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "shards/00003.bin").unlink()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "shards").iterdir()}
    with caplog.at_level(logging.INFO, "vtb.sharded"):
        assert run(tmp_path, 1, [ShardRange()]) == reference
    assert "6 of 7 shards are there already" in caplog.text
    after = {path for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert {path.name for path in after} == {"00003.bin.done.json"}


def test_a_part_that_is_early_says_who_commits(tmp_path: Path) -> None:
    output = Output(str(tmp_path), PLAN)
    output.begin(alone=False)
    assert not make_missing(output, tasks(7), make, part=ShardRange(2, 0), workers=1, what="rows")
    assert "3 of 7 shards are done; the last part to finish writes the manifest" in wait_note(output, tasks(7))


@pytest.mark.parametrize("how", ["kill", "bad", "again", "bug"])
def test_a_failing_worker_ends_the_run(tmp_path: Path, how: str) -> None:
    """Few tasks are handed out at a time, so most of the work was not even begun."""
    output, marks = Output(str(tmp_path / "o"), PLAN), tmp_path / "marks"
    marks.mkdir()
    output.begin()
    error = {"kill": NotAvailable, "bad": BadInput, "again": TryAgain, "bug": ZeroDivisionError}[how]
    text = "a worker process was killed.*lower --workers" if how == "kill" else "shard 0 cannot be made"
    failing = partial(make_or_fail, marks=str(marks), how=how)
    with pytest.raises(error, match=text):
        make_missing(output, tasks(400), failing, part=ShardRange(), workers=2, what="rows")
    assert len(list(marks.iterdir())) < 200
    assert set(output.done([task.path for task in tasks(400)])) < {task.path for task in tasks(400)}
    assert not (tmp_path / "o" / "manifest.json").exists()
    assert multiprocessing.active_children() == []


class Watched(list[Task[int]]):
    """Tasks that count how many of them were asked for."""

    taken = 0

    def __iter__(self) -> Iterator[Task[int]]:
        for task in super().__iter__():
            self.taken += 1
            yield task


def test_few_tasks_are_taken_ahead(tmp_path: Path) -> None:
    """However long the list is, memory holds a handful of tasks per worker."""
    output, watched, seen = Output(str(tmp_path), PLAN), Watched(tasks(40)), list[tuple[int, int]]()
    output.begin()

    def report(_rows: int) -> None:
        seen.append((watched.taken, len(output.done([task.path for task in tasks(40)]))))

    _make_by_workers(output, watched, make, report, workers=2)
    assert seen[0][0] == 4
    assert all(taken - done <= 4 for taken, done in seen)
    assert watched.taken == 40


def test_one_process_stops_at_the_first_error(tmp_path: Path) -> None:
    output, marks = Output(str(tmp_path / "o"), PLAN), tmp_path / "marks"
    marks.mkdir()
    output.begin()
    failing = partial(make_or_fail, marks=str(marks), how="bad")
    with pytest.raises(BadInput):
        make_missing(output, tasks(50), failing, part=ShardRange(), workers=1, what="rows")
    assert [path.name for path in marks.iterdir()] == ["0"]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_workers_log_as_their_parent_does(tmp_path: Path, capfd: pytest.CaptureFixture[str], log_format: str) -> None:
    handlers = logging.getLogger().handlers[:]
    output = Output(str(tmp_path), PLAN)
    output.begin()
    try:
        vtb_log.configure(log_format, "warning")
        make_missing(output, tasks(4), make_and_log, part=ShardRange(), workers=2, what="rows")
    finally:
        logging.getLogger().handlers[:] = handlers
    lines = [line for line in capfd.readouterr().err.splitlines() if "made" in line]
    if log_format == "json":
        lines = [json.loads(line)["message"] for line in lines]
    assert sorted(int(line.split("made ")[1].split()[0]) for line in lines) == [0, 1, 2, 3]
    assert "details" not in "".join(lines)
