"""``vtb-train-vlm sft`` in unlucky moments: killed, stopped after the end, started twice; and twice in other places."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from contract.command_line import call, killed_at_the_end, start
from stages.train_vlm.stage_runs import Place, kill_tree, marked, no_engine, patiently, wait_for
from vtb.artifact import read_manifest
from vtb.cli.show import check_all
from vtb.store import open_store

pytestmark = pytest.mark.engine
STEPS = 15
LENGTH = ("--max-steps", STEPS, "--save-steps", 5)


@pytest.fixture(scope="module")
def undisturbed(place: Place) -> str:
    """The digest of a run that nothing happened to."""
    done = call(*place.sft(place.out / "undisturbed", *LENGTH), env=place.env)
    assert done.code == 0, done.err
    return read_manifest(str(place.out / "undisturbed")).digest


def _assert_same(uri: Path, undisturbed: str, place: Place) -> None:
    manifest = read_manifest(str(uri))
    check_all(open_store(str(uri)), manifest)
    wanted = {file.path: file.sha256 for file in read_manifest(str(place.out / "undisturbed")).files}
    assert {file.path: file.sha256 for file in manifest.files} == wanted
    assert manifest.digest == undisturbed


def test_killed_and_continued_elsewhere_gives_the_same_bytes(place: Place, undisturbed: str, tmp_path: Path) -> None:
    """In another folder, with another cache and other hash seeds."""
    out = tmp_path / "out"
    env = {**place.env, "VTB_CACHE": str(tmp_path / "cache"), "PYTHONHASHSEED": "2"}
    with killed_at_the_end(start(*place.sft(out, *LENGTH), env=env)) as first:
        wait_for("a checkpoint in the store", lambda: marked(str(out)), first)
        kill_tree(first)
    assert not (out / "manifest.json").exists()
    done = patiently(*place.sft(out, *LENGTH), env={**env, "PYTHONHASHSEED": "3"})
    assert done.code == 0, done.err
    assert "continuing from checkpoint-" in done.err
    _assert_same(out, undisturbed, place)
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_when_checkpoints_are_made_changes_no_byte(place: Place, undisturbed: str, tmp_path: Path) -> None:
    done = call(*place.sft(tmp_path / "out", *LENGTH, "--save-steps", 7), env=place.env)
    assert done.code == 0, done.err
    _assert_same(tmp_path / "out", undisturbed, place)


def _interrupted(*_arguments: object, **_more: object) -> None:
    raise KeyboardInterrupt


def test_interrupted_after_the_engine_has_ended(
    place: Place, undisturbed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    words = place.sft(tmp_path / "out", *LENGTH)
    with monkeypatch.context() as patch:
        patch.setattr("vtb_train_vlm.run_training.collect", _interrupted)
        assert call(*words).code == 130
    assert marked(str(tmp_path / "out")) == [STEPS]
    monkeypatch.setattr("vtb.engine.train.run_engine", no_engine)
    done = call(*words)
    assert done.code == 0, done.err
    _assert_same(tmp_path / "out", undisturbed, place)


@pytest.mark.parametrize("machines", [1, 2])
def test_two_equal_runs_at_once(place: Place, undisturbed: str, tmp_path: Path, machines: int) -> None:
    """One trains; the other says so, or finds all done. A machine is a cache folder here."""
    out, results = tmp_path / "out", []
    caches = [tmp_path / f"cache-{number % machines}" for number in range(2)]
    runs = [start(*place.sft(out, *LENGTH), env={**place.env, "VTB_CACHE": str(cache)}) for cache in caches]
    with killed_at_the_end(runs[0]) as one, killed_at_the_end(runs[1]) as other:
        for process in (one, other):
            results.append((process.communicate(timeout=400), process.returncode))
    trained = [text for (_, text), code in results if code == 0 and "complete: " in text]
    assert len(trained) == 1, results
    for (_, text), code in results:
        if text not in trained:
            assert code == 75 or (code == 0 and "already complete" in text), text
            assert code == 0 or "another run" in text
    _assert_same(out, undisturbed, place)


@pytest.fixture
def long_run(place: Place, tmp_path: Path) -> Iterator[Any]:
    """A training by two processes that does not end by itself."""
    more = ("--max-steps", 100_000, "--save-steps", 5, "--nproc", 2, "--batch-size", 4)
    env = {**place.env, "VTB_CACHE": str(tmp_path / "cache")}  # other tests look at what is left in theirs
    with killed_at_the_end(start(*place.sft(tmp_path / "out", *more), env=env)) as process:
        wait_for("a checkpoint in the store", lambda: marked(str(tmp_path / "out")), process)
        yield process


def test_kill_nine_of_the_stage_ends_all_its_processes(long_run: Any) -> None:
    engines = psutil.Process(long_run.pid).children(recursive=True)
    assert sum("vtb_train_vlm.engine" in " ".join(engine.cmdline()) for engine in engines) >= 2
    for engine in engines:
        engine.suspend()  # or they would end by themselves, at their next line into a broken pipe
    os.kill(long_run.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(engines, timeout=10)
    for engine in alive:
        engine.kill()
    assert alive == []
