"""``vtb-gen-arc`` from task files to pictures and clips."""

from __future__ import annotations

import json
import os
import random
import shutil
import zipfile
from pathlib import Path

import pytest

from contract.command_line import call, files, without_run
from stages.generate.dataset_files import example_of, examples, samples
from vtb.artifact import read_manifest
from vtb.cli.show import line_of, lineage
from vtb.formats.vlmpuzzle import data_files, read_records
from vtb.media.image import decode_image
from vtb.media.video import decode_ends
from vtb.tasks.registry import from_fields, task_of

ARC = "vtb-gen-arc"
TASKS = Path(__file__).parents[2] / "data" / "arc"
NAMES = ["doubled", "framed", "mirrored", "sparse", "turned_over"]
CLIP = ("--video", "--frames", "9", "--clip-size", "480x480")
SMALL = ("--tasks", TASKS, *CLIP, "--samples-per-shard", "2")


def make(folder: Path, *arguments: object) -> None:
    result = call(ARC, *arguments, "--output", folder)
    assert result.code == 0, result.err


def write_task(path: Path, side: int, pairs: int, seed: int = 1) -> None:
    """A task of square grids full of random colors."""
    rng = random.Random(seed)

    def one() -> dict[str, list[list[int]]]:
        return {part: [[rng.randrange(10) for _ in range(side)] for _ in range(side)] for part in ("input", "output")}

    path.write_text(json.dumps({"train": [one() for _ in range(pairs)], "test": [one()]}))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arc") / "whole"
    make(folder, *SMALL, "--workers", "1")
    return folder


def test_each_task_is_there_once_in_the_order_of_the_ids(whole: Path) -> None:
    manifest = read_manifest(str(whole))
    assert (manifest.rows, len(manifest.shards), manifest.plan.kind) == (5, 3, "puzzles")
    assert [example.payload.task_id for example in examples(whole)] == NAMES
    for sample in samples(whole):
        assert set(sample.parts) == {"json", "puzzle.png", "solution.png", "solution.mp4"}
        example = example_of(sample)
        record = example.payload
        task = json.loads((TASKS / f"{record.task_id}.json").read_text())
        pairs = [[pair["input"], pair["output"]] for pair in [*task["train"], task["test"][0]]]
        assert json.loads(json.dumps(record.pairs)) == pairs
        assert json.loads(example.answer) == task["test"][0]["output"]
        family, ends = task_of(example), decode_ends(sample.parts["solution.mp4"])
        assert family.score_image(record, decode_image(sample.parts["solution.png"])).strict
        assert not family.score_image(record, decode_image(sample.parts["puzzle.png"])).strict
        assert (ends.count, ends.last.shape) == (9, (480, 480, 3))
        assert family.score_frame(record, ends.last).strict
        assert not family.score_frame(record, ends.first).strict


def test_the_card_has_one_part(whole: Path) -> None:
    card = (whole / "README.md").read_text()
    assert "# 5 samples of arc_agi_2" in card
    assert "| arc_agi_2 | 5 | 5 |" in card
    assert "`vtb-gen-arc`" in card


@pytest.mark.parametrize(("workers", "parts"), [(3, 1), (1, 3)])
def test_workers_and_parts_do_not_change_a_byte(whole: Path, tmp_path: Path, workers: int, parts: int) -> None:
    for index in reversed(range(parts)):
        make(tmp_path, *SMALL, "--workers", workers, "--num-shards", parts, "--shard-index", index)
    assert without_run(files(tmp_path)) == without_run(files(whole))


def test_a_rerun_makes_only_what_is_missing(whole: Path, tmp_path: Path) -> None:
    make(tmp_path, *SMALL, "--workers", "1")
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "shards" / "00001.tar").unlink()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("shards/*.tar")}
    make(tmp_path, *SMALL, "--workers", "1")
    assert without_run(files(tmp_path)) == without_run(files(whole))
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_a_dry_run_writes_nothing_and_names_the_files(tmp_path: Path) -> None:
    done = call(ARC, *SMALL, "--dry-run", "--output", tmp_path / "out")
    assert (done.code, "5 samples in 3 shards" in done.out, f"read   {TASKS} (arc-tasks" in done.out) == (0, True, True)
    assert not (tmp_path / "out").exists()


def test_a_zip_of_the_same_tasks_is_the_same_run(whole: Path, tmp_path: Path) -> None:
    archive = tmp_path / "tasks.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for name in reversed(NAMES):
            opened.write(TASKS / f"{name}.json", f"some/folder/{name}.json")
    make(tmp_path / "out", "--tasks", archive, *SMALL[2:], "--workers", "1")
    found, known = (read_manifest(str(place)) for place in (tmp_path / "out", whole))
    assert (found.digest, found.plan.fingerprint) == (known.digest, known.plan.fingerprint)
    assert found.plan.inputs[0].uri == str(archive)
    (ancestor,) = lineage(found)
    assert f"from {archive} (arc-tasks)" in line_of(ancestor)


def test_changed_files_are_another_run(tmp_path: Path) -> None:
    folder = tmp_path / "tasks"
    shutil.copytree(TASKS, folder)
    line = ("--tasks", folder, "--workers", "1", "--output", tmp_path / "out")
    assert call(ARC, *line).code == 0
    assert "already complete" in call(ARC, *line).err
    write_task(folder / "framed.json", 3, 2)
    again = call(ARC, *line)
    assert (again.code, "made differently (the content of its inputs)" in again.err) == (3, True)
    assert call(ARC, *line, "--overwrite").code == 0


def test_limit_takes_the_first(tmp_path: Path) -> None:
    make(tmp_path, "--tasks", TASKS, "--limit", "3")
    assert [example.payload.task_id for example in examples(tmp_path)] == NAMES[:3]


def test_tasks_of_our_own_need_no_files(tmp_path: Path) -> None:
    make(tmp_path, "--count", "30", "--workers", "1")
    found = examples(tmp_path)
    assert len({task_of(example).identity(example.payload) for example in found}) == 30
    assert {example.payload.task_id for example in found} == {"own-0", "own-1", "own-2"}
    assert "| arc_agi_2 | 30 | too many to count |" in (tmp_path / "README.md").read_text()
    assert read_manifest(str(tmp_path)).plan.inputs == ()


def test_a_folder_has_one_list(tmp_path: Path) -> None:
    make(tmp_path, *SMALL, "--layout", "folder")
    (file,) = data_files(tmp_path)
    assert file.parent.name == "arc_agi_2"
    found = list(read_records(file))
    assert [record["task_id"] for record in found] == NAMES
    for record in found:
        example, solution = from_fields(record), (file.parent / record["solution_image_path"]).read_bytes()
        assert task_of(example).score_image(example.payload, decode_image(solution)).strict
        assert decode_ends((file.parent / record["solution_video_path"]).read_bytes()).count == 9


def test_the_defaults_draw_the_largest_tasks(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    write_task(tmp_path / "tasks" / "largest.json", 30, 10)
    make(tmp_path / "out", "--tasks", tmp_path / "tasks", "--video", "--preview", "0")
    (sample,) = samples(tmp_path / "out")
    example, ends = example_of(sample), decode_ends(sample.parts["solution.mp4"])
    assert ends.count == 81
    assert task_of(example).score_frame(example.payload, ends.last).strict
    assert task_of(example).score_image(example.payload, decode_image(sample.parts["solution.png"])).strict


@pytest.mark.parametrize(
    ("option", "value", "changed"), [("--cell-px", "16", NAMES), ("--max-side", "320", [*NAMES[:2], *NAMES[3:]])]
)
def test_every_option_changes_the_pictures(option: str, value: str, changed: list[str], tmp_path: Path) -> None:
    for folder, line in (("usual", ()), ("other", (option, value))):
        make(tmp_path / folder, "--tasks", TASKS, *line, "--preview", "0")
    pairs = zip(samples(tmp_path / "usual"), samples(tmp_path / "other"), strict=True)
    differ = [a.parts["puzzle.png"] != b.parts["puzzle.png"] for a, b in pairs]
    for example, name, differs in zip(examples(tmp_path / "other"), NAMES, differ, strict=True):
        assert differs == (name in changed)
        assert max(example.payload.canvas_dimensions) <= (320 if option == "--max-side" else 2048)
        assert example.payload.cell_size <= (16 if option == "--cell-px" else 32)


def test_two_tasks_of_one_name_must_be_one_task(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / "tasks" / folder).mkdir(parents=True)
        shutil.copy(TASKS / "framed.json", tmp_path / "tasks" / folder)
    make(tmp_path / "out", "--tasks", tmp_path / "tasks")
    assert [example.payload.task_id for example in examples(tmp_path / "out")] == ["framed"]
    shutil.copy(TASKS / "doubled.json", tmp_path / "tasks" / "two" / "framed.json")
    done = call(ARC, "--tasks", tmp_path / "tasks", "--output", tmp_path / "other")
    assert (done.code, "two different tasks called framed" in done.err) == (3, True)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("bad")
    for name, text in {
        "words": "hello", "list": "[]", "no-test": '{"train": [{"input": [[1]], "output": [[1]]}], "test": []}',
        "no-train": '{"train": [], "test": [{"input": [[1]], "output": [[1]]}]}',
        "ragged": '{"train": [{"input": [[1, 2], [3]], "output": [[1]]}], "test": [{"input": [[1]], "output": [[1]]}]}',
        "color": '{"train": [{"input": [[10]], "output": [[1]]}], "test": [{"input": [[1]], "output": [[1]]}]}',
        "fraction": '{"train": [{"input": [[1.9]], "output": [[1]]}], "test": [{"input": [[1]], "output": [[1]]}]}',
        "bool": '{"train": [{"input": [[true]], "output": [[1]]}], "test": [{"input": [[1]], "output": [[1]]}]}',
        "string": '{"train": [{"input": ["1"], "output": [[1]]}], "test": [{"input": [[1]], "output": [[1]]}]}',
        "deep": "[" * 100_000,
    }.items():  # fmt: skip
        (base / name).mkdir()
        (base / name / "task.json").write_text(text)
    (base / "odd").mkdir()
    (base / "odd" / os.fsdecode(b"a\xff.json")).write_text("[]")
    with zipfile.ZipFile(base / "sealed.zip", "w") as archive:
        archive.writestr("task.json", "[]")
    sealed = bytearray((base / "sealed.zip").read_bytes())
    for place in (6, sealed.index(b"PK\x01\x02") + 8):  # the flag of encryption, in both headers
        sealed[place] |= 1
    (base / "sealed.zip").write_bytes(sealed)
    for name, side in (("wide", 31), ("large", 30)):
        (base / name).mkdir()
        write_task(base / name / "task.json", side, 10)
    (base / "empty").mkdir()
    (base / "no.zip").write_text("no zip")
    return base


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("--tasks {b}/gone", 3, "gone: does not exist"),
        ("--tasks {b}/empty", 3, "holds no ARC task files"),
        ("--tasks {b}/no.zip", 3, "no.zip: is no readable zip file"),
        ("--tasks {b}/words", 3, "words/task.json: is no ARC task with answers"),
        ("--tasks {b}/list", 3, "is no ARC task with answers"),
        ("--tasks {b}/no-test", 3, "is no ARC task with answers"),
        ("--tasks {b}/no-train", 3, "has no training pairs"),
        ("--tasks {b}/ragged", 3, "a grid is rectangular"),
        ("--tasks {b}/color", 3, "its colors are 0 to 9"),
        ("--tasks {b}/fraction", 3, "a cell is a whole number"),
        ("--tasks {b}/bool", 3, "a cell is a whole number"),
        ("--tasks {b}/string", 3, "a cell is a whole number"),
        ("--tasks {b}/deep", 3, "is no ARC task with answers"),
        ("--tasks {b}/odd", 3, "the name of this file is no text"),
        ("--tasks {b}/sealed.zip", 3, "sealed.zip: is no readable zip file"),
        ("--tasks {b}/wide", 3, "a grid has 1 to 30 rows and columns"),
        ("--tasks {b}/large --max-side 1600", 2, "task task: too large for a picture of 1600x1600"),
        ("--tasks {b}/large --max-side 1600", 2, "take --max-side 1728 or more"),
        ("--tasks {b}/large --video --clip-size 480x832", 2, "take --clip-size 384x1728 or more"),
        ("--tasks {b}/large --count 5", 2, "--count cannot be used here, since --tasks gives each task once"),
        ("--limit 5", 2, "--limit cannot be used here"),
        ("--tasks {b}/large --limit 0", 2, "--limit"),
        ("--video --clip-size 64x64", 2, "task of our own: too large for a clip of 64x64"),
        ("--cell-px 5", 2, "--cell-px 5: a cell has 6 to 64 pixels"),
        ("--max-side 100", 2, "--max-side 100: must be from 320 to 8192"),
        ("--frames 80", 2, "--frames 80"),
    ],
)
def test_what_cannot_be_is_one_line(line: str, code: int, says: str, bad: Path, tmp_path: Path) -> None:
    done = call(ARC, *line.format(b=bad).split(), "--output", tmp_path / "out")
    assert (done.code, len(done.err.splitlines())) == (code, 1), done.err
    assert says in done.err
    assert not (tmp_path / "out").exists()
