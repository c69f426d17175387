"""Bad input: the right exit code, one line that says what is wrong, no traceback, nothing left behind."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.command_line import TINY, TINY_CLIP, Result, call, files, run
from s3_server import free_port

if TYPE_CHECKING:
    from buckets import Bucket
from contract.bad_input_world import (
    make_world,
)  # fmt: skip

MAZE, CURATE, PREPARE, SCORE = "vtb-gen-maze", "vtb-curate", "vtb-prepare vlm", "vtb-eval score"
USAGE, INPUT, MISSING, QUALITY, AGAIN = 2, 3, 4, 5, 75


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("world")
    make_world(base)
    return base


@dataclass(frozen=True)
class Case:
    """A command line, and how it must end. ``{w}`` in it is the folder with everything, ``{o}`` the output."""

    name: str
    command: str
    line: str
    code: int
    says: str
    output: str | None = "{o}"
    env: dict[str, str] = field(default_factory=dict)


CASES = [
    # What the generator is asked for.
    Case("even size", MAZE, "--size 8", USAGE, "--size 8: a maze has an odd number of cells a side, from 5 to 101"),
    Case("too small", MAZE, "--size 3", USAGE, "--size 3"),
    Case("too large", MAZE, "--size 103", USAGE, "--size 103"),
    Case("size twice", MAZE, "--size 7 --size 9 --size 7", USAGE, "--size 7 9 7: give each size once"),
    Case("size in words", MAZE, "--size nine", USAGE, "'nine' is not a valid integer"),
    Case("count 0", MAZE, "--count 0", USAGE, "0 is not in the range x>=1"),
    Case("counts", MAZE, "--size 7 --size 9 --size 11 --count 2 --count 3", USAGE, "given 2 times for 3 sizes"),
    Case("frames", MAZE, "--video --frames 80", USAGE, "--frames 80: video models take 4k[+]1 frames"),
    Case("one frame", MAZE, "--video --frames 1", USAGE, "--frames 1"),
    Case("clip not in 32", MAZE, "--video --clip-size 480x470", USAGE, "480x470: both sides must be multiples of 32"),
    Case("clip of nothing", MAZE, "--video --clip-size 0x0", USAGE, "0x0"),
    Case("clip in words", MAZE, "--clip-size big", USAGE, "'big' is not a size: write width x height"),
    Case("clip in superscript", MAZE, "--clip-size ²x²", USAGE, "is not a size"),
    Case("clip too small", MAZE, "--size 21 --video --clip-size 96x480", USAGE, "leave 4 pixels a cell, fewer than 6"),
    Case("line too wide", MAZE, "--cell-px 8 --line-width 5", USAGE, "--line-width 5: must be from 1 to half a cell"),
    Case("line of nothing", MAZE, "--line-width 0", USAGE, "--line-width 0"),
    Case("cell too small", MAZE, "--cell-px 5", USAGE, "--cell-px 5: a cell has 6 to 256 pixels"),
    Case("fps", MAZE, "--video --fps 0", USAGE, "0 is not in the range"),
    Case("unknown shape", MAZE, "--shape round", USAGE, "'round' is not 'square'|'round' is not one of 'square'"),
    Case("unknown algorithm", MAZE, "--algorithm prim", USAGE, "'prim' is not one of 'wilson', 'dfs'"),
    Case("unknown preset", MAZE, "--preset best", USAGE, "'best' is not one of 'videothinkbench', 'distinct'"),
    Case("unknown option", MAZE, "--sizes 9", USAGE, "No such option '--sizes'.*--size"),
    Case("unknown word", MAZE, "9", USAGE, "Got unexpected extra argument [(]9[)]"),
    Case("empty shards", MAZE, "--samples-per-shard 0", USAGE, "0 is not in the range x>=1"),
    # What every command takes.
    Case("no output", MAZE, "", USAGE, "Missing option '--output'", output=None),
    Case("negative seed", MAZE, "--seed -1", USAGE, "-1 is not in the range"),
    Case("no workers", MAZE, "--workers 0", USAGE, "0 is not in the range x>=1"),
    Case("log level", MAZE, "--log-level loud", USAGE, "'loud' is not one of"),
    Case("index outside", MAZE, "--num-shards 3 --shard-index 3", USAGE, "--shard-index 3 is outside 0[.][.]2"),
    Case("index of a job", MAZE, "", USAGE, "--shard-index 4 is outside 0[.][.]0", env={"JOB_COMPLETION_INDEX": "4"}),
    Case("job in words", MAZE, "", USAGE, "JOB_COMPLETION_INDEX is 'II', not a", env={"JOB_COMPLETION_INDEX": "II"}),
    Case("overwrite a part", MAZE, "--overwrite --num-shards 2 --shard-index 0", USAGE,
         "--overwrite cannot go with --num-shards"),
    Case("environment", MAZE, "", USAGE, "'many' is not a valid integer", env={"VTB_GEN_MAZE_FPS": "many"}),
    Case("config gone", MAZE, "--config {w}/gone.yaml", USAGE, "gone.yaml: cannot be read as YAML.*No such file"),
    Case("config is a folder", MAZE, "--config {w}", USAGE, "cannot be read as YAML.*Is a directory"),
    Case("config broken", MAZE, "--config {w}/broken.yaml", USAGE, "broken.yaml: cannot be read as YAML"),
    Case("config unknown", MAZE, "--config {w}/unknown.yaml", USAGE, "no option 'sise': did you mean size[?]"),
    Case("config type", MAZE, "--config {w}/typed.yaml", USAGE, "'nine' is not a valid integer"),
    Case("config words", MAZE, "--config {w}/words.yaml", USAGE, "must map option names to values"),
    Case("config nested", MAZE, "--config {w}/nested.yaml", USAGE, "size cannot be a dict"),
    # Where to write.
    Case("scheme", MAZE, "", USAGE, "cannot open a gs:// URI: use s3://", output="gs://bucket/x"),
    Case("empty output", MAZE, "", USAGE, "say where to write", output=""),
    Case("file URI with a host", MAZE, "", USAGE, "a file URI needs an absolute path", output="file://host/x"),
    Case("no bucket", MAZE, "", USAGE, "not a usable S3 URI", output="s3://"),
    Case("no credentials", MAZE, "", MISSING, "no credentials for S3: set AWS_ACCESS_KEY_ID and", output="s3://b-1/x"),
    Case("output is a file", MAZE, "", INPUT, "/file.*a file stands where a folder is needed", output="{w}/file"),
    Case("output below a file", MAZE, "", INPUT, "a file stands where a folder is needed", output="{w}/file/x/y"),
    Case("foreign folder", MAZE, "", INPUT, "is not empty and holds no artifact .notes.txt.", output="{w}/foreign"),
    Case("foreign, overwrite", MAZE, "--overwrite", INPUT, "is not empty and holds no artifact", output="{w}/foreign"),
    Case("other configuration", MAZE, "--count 7", INPUT, "a finished artifact made diff.*count", output="{w}/mazes"),
    Case("other, dry", MAZE, "--dry-run --count 7", INPUT, "made differently", output="{w}/mazes"),
    Case("other, unfinished", MAZE, "--seed 1", INPUT, "an unfinished artifact made diff", output="{w}/unfinished"),
    Case("other stage", CURATE, "--input {w}/mazes", INPUT, "holds a finished artifact", output="{w}/odd-predictions"),
    Case("output is input", CURATE, "--input {w}/mazes --overwrite", USAGE, "lies in the input", output="{w}/mazes"),
    Case("output in input", CURATE, "--input {w}/mazes", USAGE, "lies in the input", output="{w}/mazes/curated"),
    Case("broken plan", MAZE, "", INPUT, "plan.json is damaged: give --overwrite", output="{w}/broken-plan"),
    Case("broken manifest", MAZE, "", INPUT, "manifest.json is damaged", output="{w}/broken-manifest"),
    # What curate reads and is asked for.
    Case("no input", CURATE, "", USAGE, "Missing option '--input'"),
    Case("input gone", CURATE, "--input {w}/gone", INPUT, "/gone: holds no artifact"),
    Case("input is a file", CURATE, "--input {w}/file", INPUT, "/file: holds no artifact"),
    Case("input unfinished", CURATE, "--input {w}/unfinished", INPUT, "unfinished artifact: run its stage again"),
    Case("input of another kind", CURATE, "--input {w}/odd-predictions", INPUT, "holds predictions, .* reads puzzles"),
    Case("input damaged", CURATE, "--input {w}/broken-manifest", INPUT, "manifest.json is damaged .*--overwrite"),
    Case("one of two gone", CURATE, "--input {w}/mazes --input {w}/gone", INPUT, "/gone: holds no artifact"),
    Case("input scheme", CURATE, "--input http://x/y", USAGE, "cannot open a http:// URI"),
    Case("shares", CURATE, "--input {w}/mazes --val 0.6 --test 0.6", USAGE, "are more than everything together"),
    Case("share", CURATE, "--input {w}/mazes --val 2", USAGE, "2.0 is not in the range 0<=x<=1|2 is not in the range"),
    Case("range", CURATE, "--input {w}/mazes --difficulty turns>3", USAGE, "is not a range: write for example"),
    Case("figure", CURATE, "--input {w}/mazes --difficulty beauty=1..", INPUT, "such a figure, only dead_ends"),
    Case("all filtered", CURATE, "--input {w}/mazes --difficulty turns=99..", INPUT, "nothing is left of 6 samples"),
    Case("too many bad", CURATE, "--input {w}/bad-record", QUALITY, "1 of 1 samples are bad .record is damaged: 1."),
    Case("shard gone", CURATE, "--input {w}/lost-shard", QUALITY, "3 of 6 samples are bad .lost in a damaged shard"),
    # What prepare reads.
    Case("no kind", "vtb-prepare", "", USAGE, "say what to do: vlm", output=None),
    Case("unknown kind", "vtb-prepare", "audio", USAGE, "No such command 'audio'", output=None),
    Case("nothing there", PREPARE, "--input {w}/gone", INPUT, "/gone: holds no artifact"),
    Case("no data.json", PREPARE, "--input {w}/foreign", INPUT, "no puzzles artifact and no VLMPuzzle data.json"),
    Case("broken data.json", PREPARE, "--input {w}/broken-data", INPUT, "data.json: cannot be read as JSON"),
    Case("no list", PREPARE, "--input {w}/no-list", INPUT, "must hold a list of records"),
    Case("no records", PREPARE, "--input {w}/no-records", INPUT, "must hold a list of records"),
    Case("empty list", PREPARE, "--input {w}/empty-data", INPUT, r"empty-data: holds no samples$"),
    Case("only a test split", PREPARE, "--input {w}/test-only", INPUT, "nothing but a test split"),
    Case("out of the folder", PREPARE, "--input {w}/dots", INPUT, "leads out of the folder"),
    Case("picture gone", PREPARE, "--input {w}/no-picture", INPUT, "cannot be used .*is no file.*: fix or remove"),
    Case("picture is text", PREPARE, "--input {w}/text-picture", INPUT, "cannot be used .not a readable picture"),
    Case("no image", PREPARE, "--input {w}/no-image", INPUT, "cannot be used"),
    Case("image is a number", PREPARE, "--input {w}/image-number", INPUT, "cannot be used"),
    Case("no id", PREPARE, "--input {w}/no-id", INPUT, "record '[?]' cannot be used"),
    Case("unknown family", PREPARE, "--input {w}/other-family", INPUT,
         "record 'maze_square.*' cannot be used .there is no task 'maze_round' of 'vtb'"),
    Case("later version", PREPARE, "--input {w}/later", INPUT, "cannot be used .it was made by a later version"),
    Case("no prompts", PREPARE, "--input {w}/no-prompts", INPUT, "cannot be used .*missing required field `prompts`"),
    Case("no family", PREPARE, "--input {w}/no-family", INPUT, "of task .* which no family here has"),
    Case("bad grid", PREPARE, "--input {w}/bad-grid", INPUT, "cannot be used .maze_grid is not of grid_size"),
    Case("odd grid", PREPARE, "--input {w}/odd-grid", INPUT, r"cannot be used .*int.*at `[$].maze_grid\[0\]\[0\]`"),
    Case("damaged shard", PREPARE, "--input {w}/flipped-shard", INPUT, "is damaged .*: run vtb-curate"),
    Case("damaged record", PREPARE, "--input {w}/bad-record", INPUT,
         "sample a cannot be used .it is no example.*: run vtb-curate"),
    Case("val", PREPARE, "--input {w}/mazes --val 1.5", USAGE, "1.5 is not in the range"),
    # What score reads.
    Case("no predictions", SCORE, "--input {w}/gone", INPUT, "/gone: holds no artifact"),
    Case("not predictions", SCORE, "--input {w}/mazes", USAGE, "say in which folder the answers to them are"),
    Case("damaged predictions", SCORE, "--input {w}/flipped-predictions", INPUT, "is damaged .*: make the predictions"),
    Case("odd predictions", SCORE, "--input {w}/odd-predictions", INPUT, "is not what `vtb-eval predict` writes"),
]  # fmt: skip


def words_of(case: Case, world: Path, output: Path) -> list[str]:
    """The command line, with tiny defaults for the generator."""
    line = case.line.format(w=world, o=output).split()
    if case.output is not None:
        line += ["--output", case.output.format(w=world, o=output)]
    small = [*TINY, "--count", "6", "--samples-per-shard", "3"] if case.command == MAZE else []
    own = [word for word in ("--size", "--cell-px", "--workers", "--count", "--samples-per-shard") if word in line]
    for word in own:  # what a case says replaces the default
        if word in small:
            del small[small.index(word) : small.index(word) + 2]
    return [*case.command.split()[1:], *small, *line]


def check(result: Result, case: Case) -> None:
    assert result.code == case.code, result.err
    assert "Traceback" not in result.err
    assert result.out == ""
    assert len(result.error_lines) == 1
    assert result.err.splitlines()[-1] == result.error_lines[0]
    # Errors found by click name the subcommand, too.
    assert re.match(rf"{case.command.split()[0]}( \w+)?: error: ", result.error_lines[0])
    assert re.search(case.says, result.error_lines[0]), result.err
    if case.code == USAGE:
        assert result.err.splitlines() == result.error_lines


def test_the_table_is_long_and_its_names_differ() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.code for case in CASES} == {USAGE, INPUT, MISSING, QUALITY}


@pytest.mark.usefixtures("no_s3_env")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input(case: Case, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in case.env.items():
        monkeypatch.setenv(name, value)
    before = files(world)
    check(call(case.command.split()[0], *words_of(case, world, tmp_path / "o")), case)
    assert files(world) == before
    assert not (tmp_path / "o" / "manifest.json").exists()
    if case.code == USAGE:
        assert list(tmp_path.iterdir()) == []


REAL = ["even size", "job in words", "config broken", "foreign folder", "input unfinished", "too many bad",
        "out of the folder", "odd predictions", "no credentials"]  # fmt: skip


@pytest.mark.usefixtures("no_s3_env")
@pytest.mark.parametrize("name", REAL)
def test_bad_input_in_a_process_of_its_own(name: str, world: Path, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == name)
    check(run(case.command.split()[0], *words_of(case, world, tmp_path / "o"), env=case.env), case)


STORE_CASES = [
    Case("wrong secret", MAZE, "", MISSING, "correct AWS_SECRET_ACC", env={"AWS_SECRET_ACCESS_KEY": "wrong-secret"}),
    Case("wrong key", MAZE, "", MISSING, "correct AWS_ACCESS_KEY_ID", env={"AWS_ACCESS_KEY_ID": "nobody"}),
    Case("half a pair", MAZE, "", MISSING, "set AWS_SECRET_ACCESS_KEY in", env={"AWS_SECRET_ACCESS_KEY": ""}),
    Case("missing bucket", MAZE, "", MISSING, "there is no such bucket; create it", output="s3://no-such-bucket/x"),
    Case("bad bucket", MAZE, "", USAGE, "not a usable S3 URI", output="s3://a..b/x"),
    Case("unreachable", MAZE, "", AGAIN, "2 times; run the same command again", env={"S3_ENDPOINT_URL": "{closed}"}),
    Case("bad endpoint", MAZE, "", USAGE, "S3_ENDPOINT_URL must begin with http", env={"S3_ENDPOINT_URL": "store:80"}),
    Case("bad retries", MAZE, "", USAGE, "VTB_S3_RETRIES is 'often'", env={"VTB_S3_RETRIES": "often"}),
    Case("input gone", CURATE, "--input {b}/gone", INPUT, "/gone: holds no artifact"),
    Case("input unreachable", CURATE, "--input {b}/x", AGAIN, "2 times", env={"S3_ENDPOINT_URL": "{closed}"}),
]  # fmt: skip


@pytest.mark.store
@pytest.mark.parametrize("case", STORE_CASES, ids=lambda case: case.name)
def test_bad_stores(case: Case, s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"VTB_S3_RETRIES": "2", **case.env}.items():
        monkeypatch.setenv(name, value.format(closed=f"http://127.0.0.1:{free_port()}"))
    line = case.line.format(b=s3.uri).split()
    output = f"{s3.uri}/o" if case.output == "{o}" else case.output
    small = [*TINY, "--count", "6"] if case.command == MAZE else []
    result = call(case.command.split()[0], *case.command.split()[1:], *small, *line, "--output", output)
    check(result, case)
    assert "wrong-secret" not in result.err
    assert s3.env["AWS_SECRET_ACCESS_KEY"] not in result.err
    assert not (s3.server.root / s3.name / "o" / "manifest.json").exists()


def test_a_clip_that_fits_is_no_bad_input(tmp_path: Path) -> None:
    """The table would pass if every command failed."""
    assert call(MAZE, *TINY, *TINY_CLIP, "--count", "1", "--output", tmp_path / "o").code == 0
    assert call(CURATE, "--input", tmp_path / "o", "--output", tmp_path / "c", "--workers", "1").code == 0
    assert call("vtb-prepare", "vlm", "--input", tmp_path / "o", "--output", tmp_path / "d", "--workers", "1").code == 0
