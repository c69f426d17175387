"""``vtb-gen-visual`` from the command line to a folder."""

from __future__ import annotations

import logging
import signal
from pathlib import Path

import pytest

from stages.generate.dataset_files import example_of, samples
from vtb.artifact import read_manifest
from vtb.formats.vlmpuzzle import data_files, read_records
from vtb.media.image import decode_image
from vtb.media.video import decode_ends
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example
from vtb.puzzles.visual.common.base import Config
from vtb.stage.main import run as run_command
from vtb.tasks.registry import from_fields, task_of
from vtb_generate.amount import Amount
from vtb_generate.shards import Recipe, Stream, plan_shards
from vtb_generate.visual import GROUP, main

SMALL = ("--count", "2", "--workers", "1", "--target-size", "256x192")
CLIP = ("--video", "--frames", "5", "--clip-size", "192x192")


def call(*arguments: object) -> int:
    handlers = logging.getLogger().handlers[:]
    reactions = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        run_command(main, [str(argument) for argument in arguments])
    except SystemExit as leave:
        return int(leave.code or 0)
    finally:
        for number, reaction in reactions.items():
            signal.signal(number, reaction)
        logging.getLogger().handlers[:] = handlers
    return 0


def content(folder: Path) -> dict[str, bytes]:
    """Every file but the manifest and the sidecars, which say when and how they were made."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in paths if path.suffix in {".tar", ".md", ".png"}
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("visual") / "whole"
    assert call(*SMALL, *CLIP, "--show-numbers", "--samples-per-shard", "3", "--output", folder) == 0
    return folder


def test_all_ten_are_made_by_default(whole: Path) -> None:
    manifest = read_manifest(str(whole))
    assert (manifest.rows, len(manifest.shards), manifest.plan.kind) == (20, 7, "puzzles")
    files = ["README.md", "difficulty.html", "gallery.html", "gallery.png", "preview.html"]
    assert [file.path for file in manifest.files] == files
    found = samples(whole)
    assert [sample.key for sample in found] == [f"{name}-{n:07d}" for name in GROUP.kinds.values() for n in range(2)]
    for sample in found:
        assert set(sample.parts) == {"json", "puzzle.png", "solution.png", "solution.mp4", "reasoning.png"}
        example = example_of(sample)
        record, family, puzzle = example.payload, task_of(example), decode_image(sample.parts["puzzle.png"])
        assert puzzle.shape == (192, 256, 3)
        assert family.score_image(record, decode_image(sample.parts["solution.png"]), puzzle).strict
        ends = decode_ends(sample.parts["solution.mp4"])
        assert (ends.count, ends.last.shape) == (5, (192, 192, 3))
        assert family.score_frame(record, ends.last).strict
        assert not family.score_frame(record, ends.first).strict


def test_the_card_names_every_kind(whole: Path) -> None:
    card = (whole / "README.md").read_text()
    assert "# 20 samples of visual_puzzles" in card
    assert "`vtb-gen-visual`" in card
    for name in GROUP.kinds.values():
        space = find_family(name).distinct(Config())
        assert f"| {name} | 2 | {space:,.0f} |" in card
    assert read_manifest(str(whole)).metrics["distinct_puzzles"] == 20


def test_the_picture_of_samples_shows_puzzles_not_margins(whole: Path) -> None:
    picture = decode_image((whole / "gallery.png").read_bytes())
    assert (picture < 250).any(axis=2).mean() > 0.2


def test_a_sample_does_not_depend_on_the_other_kinds(whole: Path, tmp_path: Path) -> None:
    assert call(*SMALL, *CLIP, "--show-numbers", "--task", "size_cycle", "--output", tmp_path) == 0
    alone = samples(tmp_path)
    assert alone == [sample for sample in samples(whole) if sample.key.startswith("visual_size_cycle")]
    assert "# 2 samples of visual_size_cycle" in (tmp_path / "README.md").read_text()


def test_workers_and_parts_do_not_change_a_byte(whole: Path, tmp_path: Path) -> None:
    arguments = (*SMALL, *CLIP, "--show-numbers", "--samples-per-shard", "3", "--output", tmp_path, "--num-shards", "2")
    for index in (1, 0):
        assert call(*arguments, "--workers", "2", "--shard-index", index) == 0
    assert content(tmp_path) == content(whole)


def test_a_folder_has_a_list_for_every_kind(tmp_path: Path) -> None:
    tasks = ("--task", "color_grid", "--task", "shape_reflect")
    assert call(*SMALL, *tasks, "--layout", "folder", "--samples-per-shard", "3", "--output", tmp_path) == 0
    files = data_files(tmp_path)
    assert [file.parent.name for file in files] == ["visual_color_grid", "visual_shape_reflect"]
    for file in files:
        records = list(read_records(file))
        assert [record["id"] for record in records] == [f"{file.parent.name}-{n:07d}" for n in range(2)]
        for record in records:
            solution = decode_image((file.parent / record["solution_image_path"]).read_bytes())
            example = from_fields(record)
            assert task_of(example).score_image(example.payload, solution).strict
    assert "path: shards/*.jsonl" in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--task", "maze"), "'maze' is not one of"),
        (("--task", "all", "--task", "color_grid"), "give each kind once, or all alone"),
        (("--task", "color_grid", "--task", "color_grid"), "give each kind once"),
        (("--count", "0"), "--count"),
        (("--colors", "5"), "--colors 5"),
        (("--target-size", "64x64"), "--target-size 64x64"),
        (("--target-size", "big"), "'big' is not a size"),
        (("--video", "--clip-size", "96x96"), "--clip-size 96x96"),
        (("--clip-size", "100x100"), "--clip-size 100x100"),
        (("--frames", "80"), "--frames 80"),
        (("--sampling", "other"), "--sampling"),
    ],
)
def test_wrong_options_are_usage_errors(
    arguments: tuple[str, ...], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments, "--output", tmp_path / "out") == 2
    assert says in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_repeats_are_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--task", "color_size", "--task", "polygon_sides_color", "--dry-run", "--output", tmp_path)
    assert call("--count", "300", *arguments) == 0
    warned = capsys.readouterr().err
    assert "visual_color_size: 576 different puzzles exist with these options, 300 are asked for" in warned
    assert "polygon" not in warned
    assert call("--count", "30", *arguments) == 0
    assert "different puzzles exist" not in capsys.readouterr().err


def test_streams_name_their_families() -> None:
    streams = GROUP.streams(("size_grid", "color_grid"), Amount(count=3), Config())
    assert [(stream.name, stream.family, stream.count) for stream in streams] == [
        ("visual_color_grid", "visual_color_grid", 3), ("visual_size_grid", "visual_size_grid", 3)
    ]  # fmt: skip
    recipe = Recipe("visual_puzzles", streams, 1, False, "shards", "vtb-gen-visual")
    assert recipe.families == ["visual_color_grid", "visual_size_grid"]
    found = [example for task in plan_shards(recipe, 4) for _, example in recipe.examples(task.work.numbers)]
    made = [(find_family(stream.name), stream, index) for stream in streams for index in range(3)]
    assert found == [make_example(family, stream.config, stream.name, 1, index) for family, stream, index in made]
    one_family = Recipe("visual_color_grid", (Stream("a", Config(), 1),), 1, False, "shards")
    assert one_family.family_of(one_family.streams[0]).name == "visual_color_grid"
