"""Overwriting an artifact, and what killed runs left of one: all of it goes, and nothing of anybody else's."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from contract.command_line import files
from shared.artifact.artifact_runs import PATHS, PLAN, add, make, other
from vtb.artifact import read_manifest
from vtb.artifact.output import Output, State
from vtb.stage.executor import ShardResult, Task, store_shard


@pytest.mark.parametrize("finished", [True, False])
def test_overwrite_removes_the_artifact_and_nothing_else(tmp_path: Path, finished: bool) -> None:
    output = Output(str(tmp_path), other(layout="folder"))
    output.begin()
    shards = [add(output, f"shards/{n:05d}.jsonl", {f"maze/puzzles/{n}.png": b"p"}) for n in range(3)]
    if finished:
        output.commit(shards, [output.put("preview.html", b"p")])
    mine = {"notes.txt": b"mine", "maze/puzzles/mine.png": b"mine", ".hidden": b"mine"}
    for name, data in mine.items():
        (tmp_path / name).write_bytes(data)
    assert Output(str(tmp_path), PLAN).begin(overwrite=True) is State.FRESH
    assert set(files(tmp_path)) == {*mine, "plan.json"}
    make(str(tmp_path))
    assert {name: files(tmp_path)[name] for name in mine} == mine


def test_overwrite_after_a_run_that_was_killed_before_its_commit(tmp_path: Path) -> None:
    output = Output(str(tmp_path), PLAN)
    output.begin()
    add(output, PATHS[0])
    output.put("README.md", b"the old card")
    assert Output(str(tmp_path), other(seed=2)).begin(overwrite=True) is State.FRESH
    assert make(str(tmp_path), other(seed=2)).digest == make(str(tmp_path / "else"), other(seed=2)).digest


def test_overwrite_takes_the_manifest_away_first(tmp_path: Path) -> None:
    """Whatever happens in between, the rest is never taken for complete."""
    make(str(tmp_path))
    output = Output(str(tmp_path), PLAN)
    order: list[str] = []
    delete = output.store.delete

    def noted(keys: Iterable[str]) -> None:
        order.extend(names := list(keys))
        delete(names)

    output.store.delete = noted  # type: ignore[method-assign]
    output.begin(overwrite=True)
    assert (order[0], order[-1]) == ("manifest.json", "plan.json")
    assert set(PATHS) <= set(order)


def test_overwrite_of_nothing(tmp_path: Path) -> None:
    assert Output(str(tmp_path / "o"), PLAN).begin(overwrite=True) is State.FRESH


def test_leftovers_of_killed_writers_are_swept_when_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(str(tmp_path), PLAN)
    output.begin()
    left = tmp_path / "shards" / ".vtb-tmp-1234"
    left.parent.mkdir()
    left.write_bytes(b"half")
    with left.open("r+b") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        os.utime(left, (0, 0))
        output.begin()
        assert left.exists()  # another process is writing it
    output.begin(alone=False)
    assert left.exists()
    output.begin()
    assert not left.exists()

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    left.write_bytes(b"half")
    output.begin()
    assert left.exists()  # young: another process may be writing it
    os.utime(left, (0, 0))
    output.begin()
    assert not left.exists()


def test_a_finished_artifact_holds_no_leftovers(tmp_path: Path) -> None:
    """Not even those of a run that was killed a moment ago."""
    output = Output(str(tmp_path), PLAN)
    output.begin()
    script = "import os, sys\nfrom pathlib import Path\nfrom vtb.store.files import atomic_file\n"
    script += "with atomic_file(Path(sys.argv[1]), durable=False) as file:\n    os.write(file, b'half'); os._exit(9)"
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "shards" / "00000.tar")], check=False)
    assert len(list(tmp_path.rglob(".vtb-tmp-*"))) == 1
    make(str(tmp_path))
    assert list(tmp_path.rglob(".vtb-tmp-*")) == []


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_kill_at_any_step_of_clearing_leaves_nothing_behind(tmp_path: Path, finished: bool, overwrite: bool) -> None:
    for step in range(40):
        place = tmp_path / str(step)
        output = Output(str(place), other(layout="folder"))
        output.begin()
        shards = [add(output, f"shards/{n:05d}.jsonl", {f"zoo/{n}.png": b"p", f"a/{n}.png": b"p"}) for n in range(3)]
        if finished:
            output.commit(shards, [output.put("zoo/data.json", b"d")])
        killed = kill_at(output, step)
        if not overwrite and not finished:
            Output(str(place), other(layout="folder")).begin()  # goes on as if nothing had happened
        elif (place / "clearing.json").exists() and not overwrite:
            assert Output(str(place), PLAN).begin() is State.FRESH
        else:
            Output(str(place), PLAN).begin(overwrite=True)
        if overwrite:
            assert set(files(place)) == {"plan.json"}
            assert make(str(place)).rows == 6
            assert not list(place.rglob("*.png"))
        if not killed:
            return
    pytest.fail("clearing never ended")


def kill_at(output: Output, step: int) -> bool:
    """Clear an output whose process is killed before it has removed so many objects; says whether it was."""
    left, delete = [step], output.store.delete

    def dying(keys: Iterable[str]) -> None:
        for key in keys:
            if not left[0]:
                raise Killed
            left[0] -= 1
            delete([key])

    output.store.delete = dying  # type: ignore[method-assign]
    try:
        output.clear()
    except Killed:
        return True
    return False


def test_pictures_of_a_shard_that_was_never_finished_are_removed(tmp_path: Path) -> None:
    output = Output(str(tmp_path), other(layout="folder"))
    output.begin()
    pictures = {f"maze/puzzles/{n}.png": b"p" for n in range(3)}

    def dying(key: str, data: bytes) -> None:
        if key.endswith("2.png"):
            raise Killed
        put(key, data)

    put = output.store.put_bytes
    output.store.put_bytes = dying  # type: ignore[method-assign]
    task = Task("shards/00000.jsonl", 3, None)
    with pytest.raises(Killed):
        store_shard(output.store, output.plan, task, ShardResult(b"{}", 3, pictures))
    assert (tmp_path / "maze/puzzles/1.png").exists()
    assert Output(str(tmp_path), other(layout="folder")).done([task.path]) == {}
    Output(str(tmp_path), PLAN).begin(overwrite=True)
    assert set(files(tmp_path)) == {"plan.json"}


def test_overwrite_follows_no_link_out_of_the_output(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    (precious / "sub").mkdir(parents=True)
    for name in ("00000.tar", "sub/b.txt"):
        (precious / name).write_text("keep")
    output = Output(str(tmp_path / "o"), PLAN)
    output.begin()
    (tmp_path / "o" / "shards").symlink_to(precious)
    (tmp_path / "o" / "verdicts").mkdir()
    (tmp_path / "o" / "verdicts" / "mine.txt").write_text("mine")
    make(str(tmp_path / "o" / "nested"))
    output.begin(overwrite=True)
    assert {"00000.tar", "sub/b.txt"} == set(files(precious))
    assert (tmp_path / "o" / "verdicts" / "mine.txt").exists()
    assert read_manifest(str(tmp_path / "o" / "nested")).rows == 6
