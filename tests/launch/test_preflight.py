"""What `vtb run` tells before its first step starts, and in a dry run."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from contract.command_line import TINY, Result, call, files, run
from s3_server import free_port
from vtb.errors import BadInput, NotAvailable, TryAgain, UsageProblem, VtbError
from vtb.launch import local, preflight
from vtb.pipeline.reading import read_pipeline
from vtb.store import open_store

if TYPE_CHECKING:
    from buckets import Bucket

MAZES = {"name": "mazes", "stage": "gen-maze", "options": {"size": [7], "cell-px": 8, "count": 4, "workers": 1}}
CURATED = {"name": "curated", "stage": "curate", "inputs": ["mazes"], "options": {"workers": 1}}
DATASET = {"name": "dataset", "stage": "prepare vlm", "inputs": ["curated"]}


def vtb_run(folder: Path, *steps: Any, more: tuple[object, ...] = (), store: object = None) -> Result:
    (folder / "p.yaml").write_text(yaml.safe_dump({"name": "test", "steps": list(steps)}))
    return run("vtb", "run", folder / "p.yaml", "--store", store or folder / "store", *more)


def with_options(step: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {**step, "options": {**step.get("options", {}), **options}}


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_the_last_step_is_asked_before_the_first_runs(more: tuple[str, ...], tmp_path: Path) -> None:
    """An option out of bounds, and two that only the stage itself knows to be more than everything together."""
    for options, part in (
        ({"max-bad": 3}, "3.0 is not in the range"),
        ({"val": 0.7, "test": 0.7}, "more than everything"),
    ):
        done = vtb_run(tmp_path, MAZES, with_options(CURATED, **options), more=more)
        assert done.code == 2, done.err
        (line,) = done.error_lines
        assert "step curated: " in line
        assert part in line
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("code", [-9, 137], ids=["process", "container"])
def test_a_check_that_is_killed_may_be_tried_again(code: int, tmp_path: Path) -> None:
    """As when memory is short for a moment, or a container is removed."""
    (tmp_path / "p.yaml").write_text(yaml.safe_dump({"name": "test", "steps": [MAZES]}))
    steps = read_pipeline(tmp_path / "p.yaml").steps
    (problem,) = preflight.find_problems(steps, str(tmp_path / "store"), lambda step, store: (code, ""), write=False)
    assert isinstance(problem, TryAgain)
    assert str(problem) == "step mazes: signal 9 ended its check: run the same command again"


def test_all_problems_are_told_together(tmp_path: Path) -> None:
    train = {"name": "adapter", "stage": "train-vlm sft", "inputs": ["dataset"], "options": {"model": "no/such/model"}}
    steps = (with_options(MAZES, size=[8]), with_options(CURATED, val=2), DATASET, train)
    done = vtb_run(tmp_path, *steps)
    assert done.code == 2, done.err
    (line,) = done.error_lines
    assert "3 problems, told above; nothing was started" in line
    told = done.err.splitlines()[:-1]
    assert [
        part in text for part, text in zip(("step mazes: ", "step curated: ", "no/such/model"), told, strict=True)
    ] == [True] * 3
    assert not (tmp_path / "store").exists()


def test_a_step_that_waits_for_another_tells_of_its_own_options_and_models(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    read = {"input": "dataset", "model": str(tmp_path / "model")}
    train = {"name": "adapter", "stage": "train-vlm sft", "inputs": read}
    done = vtb_run(tmp_path, MAZES, CURATED, DATASET, train, more=("--dry-run",))
    assert done.code == 3, done.err
    missing = "it has no model_index.json or configuration.json or config.json"
    assert done.error_lines[0].endswith(f"model: is no model folder, {missing}"), done.err
    args = with_options(train, **{"engine-args": ["--save_strategy", "no"]})
    done = vtb_run(tmp_path, MAZES, CURATED, DATASET, args, more=("--dry-run",))
    assert "engine argument save_strategy" in done.err


def test_inputs_elsewhere_must_be_there_and_fit(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    assert call("vtb-gen-maze", *TINY, "--count", "3", "--output", outside).code == 0
    done = vtb_run(tmp_path, {**CURATED, "inputs": [str(tmp_path / "none")]})
    assert (done.code, f"--input {tmp_path}/none" in done.err, len(done.error_lines)) == (4, True, 1), done.err
    train = {"name": "adapter", "stage": "train-vlm sft", "inputs": {"input": str(outside), "model": str(outside)}}
    done = vtb_run(tmp_path, train)
    assert (done.code, "holds puzzles, but this command reads swift-dataset" in done.err) == (3, True), done.err
    assert not (tmp_path / "store").exists()
    good = vtb_run(tmp_path, {**CURATED, "inputs": [str(outside)]})
    assert good.code == 0, good.err
    assert (tmp_path / "store" / "curated" / "manifest.json").exists()


def test_a_dry_run_writes_nothing_and_a_good_one_says_nothing(tmp_path: Path) -> None:
    done = vtb_run(tmp_path, MAZES, CURATED, DATASET, more=("--dry-run",))
    assert (done.code, done.err, len(done.out.splitlines())) == (0, "", 3)
    assert [path.name for path in tmp_path.iterdir()] == ["p.yaml"]


def test_a_step_whose_inputs_nobody_makes(tmp_path: Path) -> None:
    done = vtb_run(tmp_path, MAZES, CURATED, DATASET, more=("--only", "curated", "--only", "dataset"))
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "step curated: " in done.err
    assert "holds no artifact" in done.err
    assert not (tmp_path / "store").exists()


# --- the store


def test_a_folder_that_cannot_hold_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="is a file"):
        preflight.check_store(str(tmp_path / "file" / "below"), write=True)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 5_000_000))
    with pytest.raises(NotAvailable, match="only 5 MB are free"):
        preflight.check_store(str(tmp_path / "new"), write=False)


def test_a_store_problem_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = vtb_run(tmp_path, MAZES, CURATED, store=tmp_path / "file" / "below", more=("--dry-run",))
    assert (done.code, len(done.err.splitlines())) == (3, 1), done.err


def test_a_server_that_is_not_there(tmp_path: Path, s3: Bucket) -> None:
    """Told in a dry run too, and before the first step."""
    for more in ((), ("--dry-run",)):
        (tmp_path / "p.yaml").write_text(yaml.safe_dump({"name": "test", "steps": [MAZES]}))
        gone = {"S3_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "VTB_S3_RETRIES": "1", "VTB_S3_TIMEOUT": "1"}
        done = run("vtb", "run", tmp_path / "p.yaml", "--store", f"{s3.uri}/x", *more, env=gone)
        assert (done.code, len(done.error_lines)) == (75, 1), done.err
        assert "step 1 of 1" not in done.err
    bucket = run("vtb", "run", tmp_path / "p.yaml", "--store", "s3://no-such-bucket-here/x", "--dry-run")
    assert bucket.code == 4, bucket.err
    preflight.check_store(f"{s3.uri}/x", write=True)
    assert list(open_store(f"{s3.uri}/x").list()) == []


# --- what a step says


@pytest.mark.parametrize(("code", "kind"), [(2, UsageProblem), (4, NotAvailable), (1, VtbError)])
def test_an_answer_becomes_an_error(code: int, kind: type[VtbError], tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(yaml.safe_dump({"name": "test", "steps": [MAZES]}))
    steps = read_pipeline(tmp_path / "p.yaml").steps
    (found,) = preflight.find_problems(
        steps, str(tmp_path / "s"), lambda _step, _store: (code, "log\nvtb-x: error: bad\n"), write=False
    )
    assert (type(found), str(found)) == (kind, "step mazes: bad")


def test_trying_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(yaml.safe_dump({"name": "test", "steps": [MAZES]}))
    (step,) = read_pipeline(tmp_path / "p.yaml").steps
    assert local.try_step(step, str(tmp_path / "store")) == (0, "")
    assert list(files(tmp_path)) == ["p.yaml"]
