"""Stages and their runs: the contract as data, what is planned, and what a run says of itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from contract.command_line import TINY, call
from vtb.artifact import read_manifest
from vtb.artifact.output import Output, State
from vtb.errors import BadInput, NotAvailable, TryAgain, UsageProblem
from vtb.signals import Stopped
from vtb.stage.command import stage_command
from vtb.stage.declaration import Stage
from vtb.stage.describe import env_prefix
from vtb.stage.executor import ShardResult, Task
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run, input_entry
from vtb.stage.sharding import ShardRange

STAGE = Stage(
    command="vtb-some thing", summary="Do it.", version=3, image="vtb/some", writes=("scores",), reads=("puzzles",)
)


@dataclass(frozen=True)
class Options(StageOptions):
    """Some options."""

    size: tuple[int, ...] = option((5, 7), help="Sizes.")
    range: tuple[tuple[str, float, float], ...] = option((("turns", 3.0, float("inf")),), help="Ranges.")


RUN = Run(STAGE, (), "/nowhere", 7, 1, ShardRange(), overwrite=False, dry_run=False)


@pytest.fixture(scope="module")
def mazes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stage") / "mazes"
    assert call("vtb-gen-maze", *TINY, "--count", "2", "--output", folder).code == 0
    return folder


def test_names() -> None:
    assert (STAGE.name, STAGE.slug, env_prefix(STAGE.command)) == ("some thing", "some-thing", "VTB_SOME_THING")


def test_a_plan_pins_options_seed_and_inputs(mazes: Path) -> None:
    plan = RUN.plan(Options(), [input_entry(f"file://{mazes}", ("puzzles",))])
    assert (plan.kind, plan.stage, plan.stage_version) == ("scores", "vtb-some thing", 3)
    assert plan.config["seed"] == 7
    assert plan.config["size"] == [5, 7]
    assert [(entry.uri, entry.kind, entry.digest) for entry in plan.inputs] == [
        (str(mazes), "puzzles", read_manifest(str(mazes)).digest)
    ]
    assert input_entry(str(mazes), ("puzzles",)) == plan.inputs[0]


def test_a_plan_is_json_for_everyone(mazes: Path) -> None:
    """An open end of a range is no number that JSON knows."""
    plan = RUN.plan(Options())
    assert plan.config["range"] == [["turns", 3.0, "Infinity"]]
    json.dumps(dict(plan.config), allow_nan=False)


def test_a_name_for_every_field() -> None:
    contract = json.loads(call("vtb-gen-maze", "--describe").out)
    assert contract["name"] == "gen-maze"
    options = contract["options"]["properties"]
    assert (options["size"]["type"], options["size"]["items"]["type"]) == ("array", "integer")
    assert options["size"]["default"] == [9]
    assert contract["options"]["required"] == ["output"]
    assert options["layout"]["enum"] == ["shards", "folder"]
    assert (options["fps"]["minimum"], options["fps"]["maximum"]) == (1, 120)
    assert options["video"]["x-flag"] == "--video/--no-video"
    assert options["shard_index"]["x-env"] == "VTB_GEN_MAZE_SHARD_INDEX"
    assert (options["cell_px"]["x-affects-output"], options["workers"]["x-affects-output"]) == (True, False)


def test_a_dry_run_says_what_lies_there(tmp_path: Path, mazes: Path) -> None:
    line = ("--dry-run", *TINY, "--output", mazes)
    assert "state  complete; configuration" in call("vtb-gen-maze", *line, "--count", "2").out
    assert call("vtb-gen-maze", *line, "--count", "3").code == 3
    assert "state  fresh" in call("vtb-gen-maze", *line, "--count", "3", "--overwrite").out
    curated = call("vtb-curate", "--input", mazes, "--output", tmp_path / "c", "--dry-run")
    assert f"read   {mazes} (puzzles, digest {read_manifest(str(mazes)).digest[:12]})\n" in curated.out
    assert f"write  {tmp_path / 'c'} (puzzles): what is good of 2 samples" in curated.out
    assert list(tmp_path.iterdir()) == []


def test_a_rerun_finds_all_done(mazes: Path) -> None:
    before = read_manifest(str(mazes)).run["id"]
    again = call("vtb-gen-maze", *TINY, "--count", "2", "--output", f"file://{mazes}")
    assert again.code == 0
    assert again.out == f"{mazes}\n"
    assert "already complete" in again.err
    assert read_manifest(str(mazes)).run["id"] == before


def test_part_of_a_range_that_is_not_there() -> None:
    with pytest.raises(UsageProblem):
        replace(RUN, part=ShardRange(2, 2))


def test_a_command_gets_its_own_options_and_the_run() -> None:
    seen: list[tuple[Run, Options]] = []

    @stage_command(STAGE, Options)
    def body(run: Run, options: Options) -> None:
        """Do it."""
        seen.append((run, options))

    body.main(["--input", "a", "--output", "b", "--seed", "9", "--size", "5"], standalone_mode=False)
    ((run, options),) = seen
    assert options == Options(size=(5,))
    assert (run.inputs, run.output_uri, run.seed) == (("a",), "b", 9)


def make_two(run: Run, second: BaseException | None, first: BaseException | None = None) -> None:
    """Two shards of which making the second, or the first, fails."""

    def make(error: BaseException | None, tick: object) -> ShardResult:
        if error is not None:
            raise error
        return ShardResult(b"row\n", 1)

    tasks = [Task(f"shards/{number:05d}.jsonl", 1, error) for number, error in enumerate((first, second))]
    run.make_shards(run.plan(Options()), tasks, make, lambda _: lambda _: ([], {}), what="rows", summary="two rows")


@pytest.mark.parametrize("error", [BadInput("no"), NotAvailable("no"), ZeroDivisionError(), KeyboardInterrupt()])
def test_a_run_that_fails_before_its_first_shard_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    run = replace(RUN, output_uri=str(tmp_path / "o"))
    with pytest.raises(type(error)):
        make_two(run, None, first=error)
    assert list(tmp_path.rglob("*")) == [tmp_path / "o"]
    make_two(replace(run, seed=8), None)  # with other options
    assert read_manifest(str(tmp_path / "o")).rows == 2


def test_finished_shards_of_a_failed_run_stay(tmp_path: Path) -> None:
    run = replace(RUN, output_uri=str(tmp_path / "o"))
    with pytest.raises(BadInput):
        make_two(run, BadInput("no"))
    assert (tmp_path / "o/shards/00000.jsonl.done.json").exists()
    with pytest.raises(BadInput, match="made differently"):
        make_two(replace(run, seed=8), None)


@pytest.mark.parametrize("error", [Stopped(), TryAgain("later")])
def test_what_another_may_go_on_with_is_left(tmp_path: Path, error: BaseException) -> None:
    """A pod that was stopped may have a successor already, which must not find its plan gone."""
    run = replace(RUN, output_uri=str(tmp_path / "o"))
    with pytest.raises(type(error)):
        make_two(run, None, first=error)
    assert (tmp_path / "o/plan.json").exists()


def test_a_part_leaves_the_plan_to_its_siblings(tmp_path: Path) -> None:
    run = replace(RUN, output_uri=str(tmp_path / "o"), part=ShardRange(2, 0))
    with pytest.raises(BadInput):
        make_two(run, None, first=BadInput("no"))
    assert (tmp_path / "o/plan.json").exists()


def test_the_plan_of_another_run_is_never_taken_back(tmp_path: Path) -> None:
    """It fails because another has replaced it, and then it must not remove what is the other's."""
    run, other = (replace(RUN, output_uri=str(tmp_path / "o"), seed=seed) for seed in (7, 8))
    plan = other.plan(Options())

    def take_over(_work: None, _tick: object) -> ShardResult:
        Output(other.output_uri, plan).begin(overwrite=True)
        return ShardResult(b"row\n", 1)

    tasks = [Task("shards/00000.jsonl", 1, None)]
    with pytest.raises(BadInput, match="another process"):
        run.make_shards(run.plan(Options()), tasks, take_over, lambda _: lambda _: ([], {}), what="r", summary="r")
    assert Output(other.output_uri, plan).state() is State.UNFINISHED


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (KeyboardInterrupt(), None, "0 of 2 shards are done: nothing of this run is kept"),
        (Stopped(), None, "0 of 2 shards are done: nothing of this run is kept"),
        (None, KeyboardInterrupt(), "1 of 2 shards are done"),
    ],
)
def test_an_interrupted_run_says_what_is_kept(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    first: BaseException | None,
    second: BaseException | None,
    says: str,
) -> None:
    caplog.set_level("INFO", logger="vtb")
    with pytest.raises((KeyboardInterrupt, Stopped)):
        make_two(replace(RUN, output_uri=str(tmp_path / "o")), second, first=first)
    assert caplog.messages[-1] == says
