"""Pipeline files: what is taken, what is refused, and the commands that they become."""

from __future__ import annotations

import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import run
from launch.pipelines import ALL, ASK, CURATED, DATASET, MAZES, TRAIN, read, values, words, write
from vtb.cli.run import choose
from vtb.errors import BadInput
from vtb.pipeline.reading import read_pipeline
from vtb.pipeline.settings import with_settings
from vtb.pipeline.step import Step

ROOT = Path(__file__).parents[2]
PIPELINES = ROOT / "k8s" / "pipelines"
DEMO = PIPELINES / "demo.yaml"


# --- what is taken


def test_the_demo_runs_every_stage_that_is_there(tmp_path: Path) -> None:
    demo = read_pipeline(DEMO)
    assert demo.name == "demo"
    assert [step.stage for step in demo.steps][-3:] == ["train-vlm sft", "eval predict", "eval score"]
    assert values(words(demo, "answers"), "adapter") == ["s3://b/p/adapter"]


OURS = [("demo", "vtb-gen-maze"), ("learn", "vtb-gen-visual"), ("learn-image", "vtb-gen-maze")]


@pytest.mark.parametrize(("name", "first"), OURS)
def test_commands_of_our_pipelines_are_taken_by_their_stages(name: str, first: str, tmp_path: Path) -> None:
    """Every command parses: it fails for want of its input, not of its options."""
    done = run("vtb", "run", PIPELINES / f"{name}.yaml", "--store", tmp_path / "out", "--dry-run")
    assert done.code == 0, done.err
    lines = [shlex.split(line) for line in done.out.splitlines()]
    assert [line[0] for line in lines][:2] == [first, "vtb-curate"]
    for line in lines:
        end = line.index("--") if "--" in line else len(line)  # what follows is the engine's
        dry = run(*line[:end], "--dry-run", *line[end:])
        assert (dry.code == 0) or (dry.code == 3 and "holds no artifact" in dry.err), (line, dry.err)
    assert not (tmp_path / "out").exists()


def test_learning_is_judged_on_puzzles_that_no_training_saw() -> None:
    """Each model answers the test split of the set whose other splits it was trained on."""
    learn = read_pipeline(PIPELINES / "learn.yaml")
    for model in ("untrained", "taught", "rewarded"):
        asked = words(learn, f"answers-{model}")
        assert [values(asked, name) for name in ("input", "model", "split")] == [
            ["s3://b/p/curated"], [f"s3://b/p/{model}"], ["test"],
        ]  # fmt: skip
    assert values(words(learn, "dataset"), "input") == ["s3://b/p/curated"]
    assert values(words(learn, "rewarded"), "model") == ["s3://b/p/taught"]


def test_the_demo_ends_with_the_part_of_learning_that_stands_alone() -> None:
    """What the Makefile names are steps, with all that they read, and the last one judges the taught model."""
    line = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("TAUGHT := "))
    chosen = choose(read_pipeline(PIPELINES / "learn.yaml"), tuple(line.split()[2:]))
    names = [step.name for step in chosen]
    assert {name for step in chosen for name in step.earlier} <= {*names}
    assert names[-3:] == ["taught", "answers-taught", "scores-taught"]


def test_options_become_flags(tmp_path: Path) -> None:
    step = {**MAZES, "options": {**MAZES["options"], "samples_per_shard": 5, "line-width": 1, "clip_size": "64x64"}}
    found = words(read(tmp_path, step), "mazes")
    assert found[:2] == ["--output", "s3://b/p/mazes"]
    assert values(found, "size") == ["7", "9"]
    assert values(found, "count") == ["4"]
    assert values(found, "samples-per-shard") == ["5"]
    assert values(found, "clip-size") == ["64x64"]
    assert found.count("--video") == 1


def test_false_is_the_opposite_flag_or_nothing(tmp_path: Path) -> None:
    step = {**MAZES, "options": {"video": False, "show-cell-ids": False, "overwrite": True}}
    found = words(read(tmp_path, step), "mazes")
    assert "--no-video" in found
    assert not [word for word in found if "cell-ids" in word]
    assert "--overwrite" in found


def test_inputs_are_places_in_the_store(tmp_path: Path) -> None:
    two = {"name": "both", "stage": "curate", "inputs": ["mazes", "more"]}
    pipeline = read(tmp_path, MAZES, {**MAZES, "name": "more"}, two)
    assert values(words(pipeline, "both"), "input") == ["s3://b/p/mazes", "s3://b/p/more"]
    chain = read(tmp_path, *ALL)
    assert words(chain, "adapter", "/out")[:7] == [
        "sft", "--input", "/out/dataset", "--model", "/out/model", "--output", "/out/adapter",
    ]  # fmt: skip
    assert words(chain, "dataset", "/out")[:5] == ["vlm", "--input", "/out/curated", "--output", "/out/dataset"]


def test_required_options_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = {**TRAIN, "inputs": {"input": "dataset"}}
    with pytest.raises(BadInput, match="needs model"):
        read(tmp_path, MAZES, CURATED, DATASET, step)
    monkeypatch.setenv("VTB_TRAIN_VLM_SFT_MODEL", "/models/some")
    assert read(tmp_path, MAZES, CURATED, DATASET, step).steps[-1].name == "adapter"


def test_an_input_may_lie_elsewhere(tmp_path: Path) -> None:
    train = {**TRAIN, "inputs": {"input": "s3://other/set", "model": "/models/tiny"}}
    pipeline = read(tmp_path, train)
    assert words(pipeline, "adapter")[:5] == ["sft", "--input", "s3://other/set", "--model", "/models/tiny"]
    assert pipeline.steps[0].places == [("input", "s3://other/set"), ("model", "/models/tiny")]
    both = read(tmp_path, MAZES, {"name": "both", "stage": "curate", "inputs": ["mazes", "file:///data/more"]})
    assert values(words(both, "both"), "input") == ["s3://b/p/mazes", "file:///data/more"]
    given = read(tmp_path, *ALL[:3], {**TRAIN, "inputs": {"input": "dataset"}, "options": {"model": "models/tiny"}})
    assert given.steps[-1].places == [("model", "models/tiny")]


def test_engine_arguments_come_last(tmp_path: Path) -> None:
    more = {"engine-args": ["--warmup_ratio", 0.05, "--packing", True], "max-steps": 3}
    pipeline = read(tmp_path, *ALL[:4], {**TRAIN, "options": more})
    found = words(pipeline, "adapter")
    assert found[-5:] == ["--", "--warmup_ratio", "0.05", "--packing", "true"]
    assert values(found, "max-steps") == ["3"]
    dry = pipeline.steps[-1].arguments("/out", "--dry-run")
    assert dry.index("--dry-run") < dry.index("--")
    changed = with_settings(pipeline, ["adapter.engine-args=[--packing, false]"])
    assert words(changed, "adapter")[-3:] == ["--", "--packing", "false"]


# --- what is refused

STEP = {"name": "broken"}
BROKEN: dict[str, tuple[list[Any], str]] = {
    "unknown stage": ([{**STEP, "stage": "gen-maez"}], "there is no stage 'gen-maez': did you mean gen-maze?"),
    "a group, not a stage": ([{**STEP, "stage": "prepare"}], "there is no stage 'prepare'"),
    "unknown key": ([{**STEP, "stage": "gen-maze", "option": {}}], "unknown key 'option'"),
    "keys of several kinds": ([{**STEP, "stage": "gen-maze", 1: 2, "a": 3}], "unknown key '1'"),
    "unknown option": ([{**STEP, "stage": "gen-maze", "options": {"sizes": 7}}], "did you mean size?"),
    "options as a list": ([{**STEP, "stage": "gen-maze", "options": ["size"]}], "options must map"),
    "output": ([{**STEP, "stage": "gen-maze", "options": {"output": "x"}}], "set by the launcher"),
    "input as option": ([{**STEP, "stage": "curate", "options": {"input": "x"}}], "set by the launcher"),
    "a value for a flag": ([{**STEP, "stage": "gen-maze", "options": {"video": "yes please"}}], "true or false"),
    "true for a value": ([{**STEP, "stage": "gen-maze", "options": {"fps": True}}], "true or false"),
    "no as a word": ([MAZES, {**STEP, **ASK, **STEP, "options": {"split": False}}], "quote it"),
    "a list for one value": ([{**STEP, "stage": "gen-maze", "options": {"fps": [8, 16]}}], "takes one value"),
    "nothing as value": ([{**STEP, "stage": "gen-maze", "options": {"fps": None}}], "neither a value"),
    "a mapping as value": ([{**STEP, "stage": "gen-maze", "options": {"fps": {"a": 1}}}], "neither a value"),
    "a list of lists": ([{**STEP, "stage": "gen-maze", "options": {"size": [[7]]}}], "neither a value"),
    "no input": ([{**STEP, "stage": "curate"}], "needs input"),
    "an empty list of inputs": ([{**STEP, "stage": "curate", "inputs": {"input": []}}], "needs input"),
    "no model": ([*ALL[:3], {**TRAIN, **STEP, "inputs": ["dataset"]}], "needs model"),
    "inputs as a number": ([{**STEP, "stage": "curate", "inputs": 5}], "inputs must be names"),
    "an unknown step": ([{**STEP, "stage": "curate", "inputs": ["maze"]}], "no earlier step"),
    "a later step": ([{**STEP, "stage": "curate", "inputs": ["mazes"]}, MAZES], "no earlier step"),
    "itself": ([{**STEP, "stage": "curate", "inputs": ["broken"]}], "no earlier step"),
    "an input of a generator": ([MAZES, {**STEP, "stage": "gen-maze", "inputs": ["mazes"]}], "takes no artifact"),
    "an option that is no input": ([MAZES, {**STEP, "stage": "curate", "inputs": {"input": "mazes", "val": "mazes"}}],
                                   "takes no artifact with 'val'"),
    "another kind": ([MAZES, {**TRAIN, **STEP, "inputs": {"input": "mazes", "model": "mazes"}}],
                     "input takes swift-dataset, but 'mazes' writes puzzles"),
    "a dataset as model": ([*ALL[:4], {**TRAIN, **STEP, "inputs": {"input": "dataset", "model": "dataset"}}],
                           "model takes checkpoint, but 'dataset' writes swift-dataset"),
    "a whole model as adapter": (
        [*ALL[:4], {**TRAIN, "options": {"tuner": "full"}},
         {**ASK, **STEP, "inputs": {"input": "curated", "model": "model", "adapter": "adapter"}}],
        "adapter takes adapter, but 'adapter' writes checkpoint",
    ),
    "two inputs for one": ([*ALL[:4], {**ASK, **STEP, "inputs": {"input": ["curated", "mazes"], "model": "model"}}],
                           "input takes one artifact, not 2"),
    "an option twice": ([*ALL[:4], {**ASK, **STEP, "options": {"model": "/m"}}], "given twice"),
    "a misspelt step": ([MAZES, {**STEP, "stage": "curate", "inputs": ["maezs"]}], "did you mean mazes?"),
    "a place for no artifact": ([{**STEP, "stage": "gen-maze", "inputs": ["/data"]}], "takes no artifact"),
    "engine arguments of none": ([{**STEP, "stage": "gen-maze", "options": {"engine-args": ["--a"]}}], "no option"),
    "a mapping of engine arguments": ([{**TRAIN, **STEP, "inputs": ["/d"],
                                        "options": {"model": "m", "engine-args": {"a": 1}}}], "neither a value"),
    "a name twice": ([{**MAZES, **STEP}, {**MAZES, **STEP}], "two steps"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_broken_steps_are_named(case: str, tmp_path: Path) -> None:
    steps, part = BROKEN[case]
    with pytest.raises(BadInput) as error:
        read(tmp_path, *steps)
    assert "'broken'" in str(error.value)
    assert part in str(error.value)
    assert str(tmp_path / "pipeline.yaml") in str(error.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [("Big", "'Big'"), ("a_b", "'a_b'"), ("-a", "'-a'"), ("a/b", "'a/b'"), ("a" * 60, "aaaa"), ("", "''")],
)
def test_names_that_kubernetes_would_not_take(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="lower-case letters, digits and dashes") as error:
        read(tmp_path, {**MAZES, "name": name})
    assert said in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a: [", "name: x", "steps: []", "steps: {a: 1}", "steps: [gen-maze]", "steps: [{name: a}]", "\x00",
     "when: 2024-13-45"],
)  # fmt: skip
def test_files_that_are_no_pipeline(text: str, tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"pipeline\.yaml: "):
        read_pipeline(tmp_path / "pipeline.yaml")


def test_exit_codes_and_one_line(tmp_path: Path) -> None:
    path = write(tmp_path, {**STEP, "stage": "gen-maez"})
    cases = [
        (("run", path, "--store", tmp_path / "out"), 3, "'broken'"),
        (("run", DEMO, "--store", tmp_path / "out", "--set", "nothing=1"), 2, "no step has option 'nothing'"),
        (("run", DEMO, "--store", tmp_path / "out", "--only", "maze"), 2, "no such step: did you mean mazes?"),
        (("run", DEMO, "--store", tmp_path / "out", "--only", "x"), 2, "no such step, only mazes, curated"),
        (("run", DEMO), 2, "--store"),
        (("run", tmp_path / "none.yaml", "--store", "out"), 2, "none.yaml"),
        (("run", DEMO, "--store", "ftp://x"), 2, "ftp"),
    ]
    for arguments, code, part in cases:
        done = run("vtb", *arguments)
        assert (done.code, len(done.err.splitlines())) == (code, 1), done.err
        assert part in done.err
    assert not (tmp_path / "out").exists()


# --- nothing heavy


def test_reading_a_pipeline_imports_no_engine() -> None:
    script = (
        "import sys; from pathlib import Path; from vtb.pipeline.reading import read_pipeline\n"
        f"read_pipeline(Path({str(DEMO)!r}))\n"
        "print([n for n in ('torch', 'swift', 'transformers', 'cv2', 'av', 'docker') if n in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_target_and_program_are_the_same(tmp_path: Path) -> None:
    """The local launcher starts targets, `--dry-run` prints programs."""
    for step in read(tmp_path, *ALL).steps:
        assert isinstance(step, Step)
        (script,) = entry_points(group="console_scripts", name=step.installed.stage.command.split()[0])
        assert script.load().args == (step.installed.target,)
