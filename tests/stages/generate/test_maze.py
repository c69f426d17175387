"""``vtb-gen-maze`` from the command line to a folder: bytes that never depend on how the work was done."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.command_line import TINY, call, files, run, without_run
from stages.generate.dataset_files import example_of, examples, samples
from stages.generate.maze_runs import FILES, MAZE, SMALL, make
from vtb.artifact import read_manifest
from vtb.media.image import decode_image
from vtb.media.video import decode_ends
from vtb.tasks.registry import task_of


def test_what_is_in_it(mazes: Path) -> None:
    manifest = read_manifest(str(mazes))
    assert (manifest.rows, len(manifest.shards), manifest.plan.kind) == (18, 9, "puzzles")
    assert [file.path for file in manifest.files] == FILES
    found = samples(mazes)
    ids = [f"maze_square-07-{n:07d}" for n in range(10)] + [f"maze_square-09-{n:07d}" for n in range(8)]
    assert [sample.key for sample in found] == ids
    parts = {"json", "puzzle.png", "solution.png", "solution.mp4", "reasoning.png"}
    assert {frozenset(sample.parts) for sample in found} == {frozenset(parts)}
    for sample in found:
        example = example_of(sample)
        assert example.key == sample.key
        puzzle = decode_image(sample.parts["puzzle.png"])
        assert puzzle.shape[:2] == example.payload.canvas_dimensions
        ends = decode_ends(sample.parts["solution.mp4"])
        assert (ends.count, ends.last.shape) == (5, (64, 64, 3))
        solution = decode_image(sample.parts["solution.png"])
        assert task_of(example).score_image(example.payload, solution, puzzle).strict


def test_only_what_was_asked_for_is_made(tmp_path: Path) -> None:
    call(MAZE, *TINY, "--count", "1", "--output", tmp_path)
    (sample,) = samples(tmp_path)
    assert set(sample.parts) == {"json", "puzzle.png", "solution.png"}
    assert json.loads(json.loads(sample.parts["json"])["payload"])["clip"] is None


@pytest.mark.parametrize("parts", [1, 7])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_and_parts_do_not_change_a_byte(mazes: Path, tmp_path: Path, workers: int, parts: int) -> None:
    for index in reversed(range(parts)):
        make(tmp_path, "--workers", workers, "--num-shards", parts, "--shard-index", index)
        assert (tmp_path / "manifest.json").exists() == (index == 0)
    assert without_run(files(tmp_path)) == without_run(files(mazes))


def test_a_job_index_chooses_the_part(mazes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "1")
    make(tmp_path, "--workers", "1", "--num-shards", "3")
    done = {path.name for path in (tmp_path / "shards").glob("*.tar")}
    assert done == {"00003.tar", "00004.tar", "00005.tar"}
    assert all((mazes / "shards" / name).read_bytes() == (tmp_path / "shards" / name).read_bytes() for name in done)


def test_the_size_of_shards_changes_no_sample(mazes: Path, tmp_path: Path) -> None:
    make(tmp_path, "--workers", "1", "--samples-per-shard", "7")
    assert len(list(tmp_path.glob("shards/*.tar"))) == 3
    assert samples(tmp_path) == samples(mazes)


def test_a_larger_run_begins_with_the_same_samples(mazes: Path, tmp_path: Path) -> None:
    more = ["12" if word == "10" else "9" if word == "8" and SMALL[place - 1] == "--count" else word
            for place, word in enumerate(SMALL)]  # fmt: skip
    assert call(MAZE, *more, "--workers", "1", "--output", tmp_path).code == 0
    common = {sample.key: sample for sample in samples(tmp_path)}
    assert len(common) == 21
    assert all(common[sample.key] == sample for sample in samples(mazes))


def test_a_rerun_makes_only_what_is_missing(mazes: Path, tmp_path: Path) -> None:
    make(tmp_path, "--workers", "1")
    digest = read_manifest(str(tmp_path)).digest
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "shards" / "00004.tar").unlink()
    (tmp_path / "shards" / "00007.tar.done.json").unlink()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "shards").iterdir()}
    make(tmp_path, "--workers", "1")
    assert read_manifest(str(tmp_path)).digest == digest
    assert without_run(files(tmp_path)) == without_run(files(mazes))
    touched = {path.name for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert touched == {"00004.tar.done.json", "00007.tar"}


def test_a_finished_run_touches_nothing(mazes: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in mazes.rglob("*")}
    result = call(MAZE, *SMALL, "--output", mazes)
    assert (result.code, result.out) == (0, f"{mazes}\n")
    assert "already complete" in result.err
    assert {path: path.stat().st_mtime_ns for path in mazes.rglob("*")} == before


def test_overwrite_leaves_nothing_of_a_larger_run(tmp_path: Path) -> None:
    make(tmp_path, "--workers", "1")
    assert call(MAZE, *TINY, "--count", "2", "--output", tmp_path, "--overwrite").code == 0
    assert [path.name for path in sorted((tmp_path / "shards").iterdir())] == ["00000.tar", "00000.tar.done.json"]
    assert read_manifest(str(tmp_path)).rows == 2


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    result = call(MAZE, *SMALL, "--output", tmp_path / "o", "--dry-run", "--num-shards", "2", "--shard-index", "1")
    assert result.code == 0
    assert f"write  {tmp_path / 'o'} (puzzles): 18 samples in 9 shards" in result.out
    assert "part   1 of 2: shards 4 to 8" in result.out
    assert "nothing was written" in result.out
    assert list(tmp_path.iterdir()) == []


def test_the_seed_changes_the_mazes(mazes: Path, tmp_path: Path) -> None:
    make(tmp_path, "--workers", "1", "--seed", "43")
    pairs = zip(samples(mazes), samples(tmp_path), strict=True)
    same = [a.key for a, b in pairs if a.parts["puzzle.png"] == b.parts["puzzle.png"]]
    assert len(same) < 4


@pytest.mark.parametrize(
    ("preset", "wanted"),
    [
        ("videothinkbench", {"algorithm": "dfs", "endpoints": "corners", "cell_px": 32, "size": [7, 9, 11]}),
        ("distinct", {"algorithm": "wilson", "endpoints": "random", "cell_px": 32, "size": [7, 9, 11]}),
    ],
)
def test_presets(tmp_path: Path, preset: str, wanted: dict[str, Any]) -> None:
    assert "30000 samples in 118 shards" in call(MAZE, "--preset", preset, "--dry-run", "--output", tmp_path).out
    call(MAZE, "--preset", preset, "--count", "2", "--workers", "1", "--output", tmp_path / "o")
    config = read_manifest(str(tmp_path / "o")).plan.config
    assert {name: config[name] for name in wanted} == wanted
    assert [sample.key[12:14] for sample in samples(tmp_path / "o")] == ["07", "07", "09", "09", "11", "11"]


def test_few_different_mazes_are_said_aloud(tmp_path: Path) -> None:
    line = ("--count", "30", "--output", tmp_path, "--dry-run")
    dfs = call(MAZE, "--size", "7", "--algorithm", "dfs", *line).err
    assert "maze_square-07: only 14 different mazes exist with these options, 30 are asked for, so about 12" in dfs
    assert "192 different mazes" in call(MAZE, "--size", "7", *line).err
    assert call(MAZE, "--size", "9", *line).err == ""
    assert "take a larger --size, --algorithm wilson or --endpoints random; curate" in dfs
    assert "only 322" in call(MAZE, "--size", "9", "--algorithm", "dfs", *line).err


def test_only_what_is_not_set_is_advised(tmp_path: Path) -> None:
    line = ("--count", "30", "--output", tmp_path, "--dry-run", "--endpoints", "random", "--size", "5")
    assert "take a larger --size; curate" in call(MAZE, *line).err
    assert "take a larger --size or --algorithm wilson; curate" in call(MAZE, *line, "--algorithm", "dfs").err


def test_a_repeat_that_hardly_comes_is_no_warning(tmp_path: Path) -> None:
    """Of five mazes from 14, one repeat is less likely than none."""
    line = ("--size", "7", "--algorithm", "dfs", "--output", tmp_path, "--dry-run")
    assert call(MAZE, *line, "--count", "5").err == ""
    assert "about 7 will be different" in call(MAZE, *line, "--count", "9").err


def test_different_mazes_are_counted(tmp_path: Path) -> None:
    call(
        MAZE,
        "--size",
        "7",
        "--algorithm",
        "dfs",
        "--cell-px",
        "8",
        "--count",
        "60",
        "--workers",
        "1",
        "--output",
        tmp_path,
    )
    found = [example.payload for example in examples(tmp_path)]
    distinct = len({str(record.maze_grid) for record in found})
    assert distinct <= 14
    metrics = read_manifest(str(tmp_path)).metrics
    assert metrics["distinct_puzzles"] == distinct
    assert metrics["possible_puzzles"] == {"maze_square-07": 14}
    lengths = [len(record.solution_path_cell_ids) for record in found]
    figures = metrics["difficulty"]["maze_square-07"]["path_length"]
    assert (figures["min"], figures["max"]) == (min(lengths), max(lengths))
    assert figures["mean"] == pytest.approx(sum(lengths) / 60, abs=0.001)


def test_the_card_has_a_head_that_the_hub_reads(mazes: Path) -> None:
    text = (mazes / "README.md").read_text()
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["configs"] == [{"config_name": "default", "data_files": [{"split": "train", "path": "shards/*.tar"}]}]
    assert head["size_categories"] == ["n<1K"]
    assert "webdataset" in head["tags"]
    assert "| maze_square-07 | 10 | 192 |" in text
    assert "| maze_square-09 | 8 | 100,352 |" in text
    assert "![samples](gallery.png)" in text


def test_hugging_face_loads_the_folder(mazes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    loaded = datasets.load_dataset(str(mazes), cache_dir=str(tmp_path), split="train")
    assert loaded.num_rows == 18
    assert loaded["__key__"][0] == "maze_square-07-0000000"
    assert loaded["puzzle.png"][0].size == (119, 119)
    assert loaded["json"][17]["key"] == "maze_square-09-0000007"


def test_the_pages_show_samples_and_run_nothing(mazes: Path) -> None:
    page = (mazes / "preview.html").read_text()
    assert page.count("data:image/png;base64,") == 8 * 7  # puzzle, solution, four frames, printed numbers
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "maze_square-09-0000003" in page
    sheet = decode_image((mazes / "gallery.png").read_bytes())
    assert sheet.shape[0] > 400
    assert len({tuple(pixel) for pixel in sheet[::3, ::3].reshape(-1, 3).tolist()}) > 4


def test_the_place_is_the_only_word_on_standard_output(tmp_path: Path) -> None:
    """Scripts read it; a process of its own, so that nothing else hides a stray print."""
    result = run(MAZE, *TINY, "--count", "2", "--output", "out/mazes", cwd=tmp_path)
    assert (result.code, result.out) == (0, f"{tmp_path}/out/mazes\n")
    assert re.search(r"complete: 2 rows in \d", result.err)


def test_the_clip_size_holds_the_maze_in_either_direction(tmp_path: Path) -> None:
    line = ("--video", "--frames", "9", "--clip-size", "96x160")
    assert call(MAZE, *TINY, "--count", "1", *line, "--output", tmp_path).code == 0
    (sample,) = samples(tmp_path)
    example = example_of(sample)
    ends = decode_ends(sample.parts["solution.mp4"])
    assert ends.last.shape == (160, 96, 3)
    assert example.payload.clip.offset == (3, 35)
    assert task_of(example).score_frame(example.payload, ends.last).strict
    assert not task_of(example).score_frame(example.payload, ends.first).strict
