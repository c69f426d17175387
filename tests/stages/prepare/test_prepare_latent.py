"""``vtb-prepare latent`` from puzzles: the solution unfolds in the picture, and the answer is read as right."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from contract.command_line import Result, call, files, without_run
from stages.prepare.latent_rows_of_others import COLUMNS, media
from stages.prepare.prepare_runs import FAMILY, records, rows
from stages.prepare.test_prepare_others import made_by_others
from vtb.artifact import Manifest, read_manifest
from vtb.media.image import decode_image, encode_rgb, to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import families, find_family
from vtb.puzzles.sample import make_example
from vtb.tasks.registry import decode_example, task_of
from vtb_prepare.latent_puzzles import chosen, plan_of, unfold

ONE_STROKE = {"circle_center"}  # all that its solution adds is a mark, which comes at once


def prepare(output: Path, *inputs: Path, more: tuple[object, ...] = ()) -> Result:
    words = [word for uri in inputs for word in ("--input", uri)]
    return call("vtb-prepare", "latent", *words, "--output", output, "--workers", "1", *more)


def good(output: Path, *inputs: Path, more: tuple[object, ...] = ()) -> Manifest:
    result = prepare(output, *inputs, more=more)
    assert result.code == 0, result.err
    return read_manifest(str(output), ("latent-dataset",))


def words_of(row: dict[str, Any]) -> str:
    return "".join(step["content"] for step in row["sequence_plan"] if step["type"] == "text")


def helpers_of(row: dict[str, Any]) -> list[str]:
    return [step["helper_image"] for step in row["sequence_plan"] if step["type"] == "latent"]


def example_of(name: str, index: int = 0, clip: Clip | None = None) -> Any:
    family = find_family(name)
    config = dataclasses.replace(family.config_class(), clip=clip)
    return make_example(family, config, name, 7, index)


@pytest.mark.parametrize("name", sorted(families()))
def test_every_solution_unfolds_in_the_picture_itself(name: str) -> None:
    family, record = find_family(name), example_of(name).payload
    puzzle, solution = family.draw_puzzle(record), family.draw_solution(record)
    stages = unfold(family, record, 3)
    assert len(stages) == (1 if name in ONE_STROKE else 3)
    drawn = [int((stage != puzzle).sum()) for stage in stages]
    assert all(stage.shape == puzzle.shape for stage in stages)
    assert drawn[0] > 0
    assert drawn == sorted(set(drawn))
    # The clip draws a line in pieces, whose rims differ by a few pixels from the line drawn at once.
    assert (stages[-1] != solution).sum() <= 0.05 * (puzzle != solution).sum() + 2
    assert family.score_image(record, to_rgb(stages[-1], family.palette)).strict
    assert (unfold(family, record, 1)[0] == stages[-1]).mean() > 0.999


@pytest.mark.parametrize("name", ["maze_square", "maze_hexagon", "midpoint", "visual_color_grid", "arc_agi_2"])
def test_a_clip_of_another_form_changes_nothing(name: str) -> None:
    family = find_family(name)
    filmed = example_of(name, clip=Clip(9, 8, (640, 480))).payload
    assert filmed.clip is not None
    pairs = zip(unfold(family, filmed, 2), unfold(family, example_of(name).payload, 2), strict=True)
    assert all((one == other).all() for one, other in pairs)


@pytest.mark.parametrize("name", sorted(families()))
@pytest.mark.parametrize("segments", [1, 2, 3])
def test_every_family_reads_the_answer_as_right(name: str, segments: int) -> None:
    family = find_family(name)
    for index in range(4):
        example = example_of(name, index)
        plan = plan_of(["helper.png"] * segments, example.answer)
        said = words_of({"sequence_plan": plan})
        assert family.score_text(example.payload, said).strict, said
        assert family.reward_text(example.payload, said).strict, said
        assert [step["type"] for step in plan] == ["text", "latent"] * segments + ["text"]


def test_stages_lie_at_equal_distances() -> None:
    assert chosen(range(1, 21), 2) == {10, 20}
    assert chosen(range(1, 21), 4) == {5, 10, 15, 20}
    assert chosen([20], 2) == {20}
    assert chosen([1, 2, 20], 3) == {2, 20}
    assert chosen([], 2) == set()


def test_rows_of_mazes(world: Path, tmp_path: Path) -> None:
    manifest = good(tmp_path, world / "mazes", more=("--val", "0.3", "--segments", "3"))
    stored, known = media(tmp_path), records(world / "mazes")
    found = {split: rows(tmp_path, f"{split}.jsonl") for split in ("train", "val")}
    assert manifest.metrics["rows"] == {split: len(some) for split, some in found.items()}
    assert manifest.metrics["segments"] == {"3": 40}
    assert manifest.metrics["left_out"] == []
    every = [row for some in found.values() for row in some]
    assert len({row["id"] for row in every}) == len(every) == 40
    assert sorted(stored) == sorted(path for row in every for path in (*row["image_input"], *helpers_of(row)))
    for row in every:
        assert set(row) == COLUMNS
        record, (path,) = known[row["id"]], row["image_input"]
        puzzle = decode_image(stored[path])
        assert (puzzle == FAMILY.show(record, FAMILY.puzzle(record))).all()
        shown = [decode_image(stored[helper]) for helper in helpers_of(row)]
        assert all(helper.shape == puzzle.shape for helper in shown)
        assert len({stored[helper] for helper in helpers_of(row)}) == 3
        red = [int((helper == (220, 0, 0)).all(axis=2).sum()) for helper in shown]
        assert red == sorted(red)
        example = decode_example(row["example"].encode())
        assert task_of(example).score_text(example.payload, words_of(row), puzzle).strict
        assert row["original_final_answer"] == FAMILY.answer(record)
        assert row["task"] == "maze_square"
    assert path.startswith("media/0000")


def test_the_picture_and_its_stages_have_printed_names(world: Path, tmp_path: Path) -> None:
    """Whether the input has such a picture or not."""
    for name in ("printed", "mazes"):
        good(tmp_path / name, world / name, more=("--val", "0"))
    assert media(tmp_path / "printed") == media(tmp_path / "mazes")
    row = rows(tmp_path / "mazes", "train.jsonl")[0]
    last = decode_image(media(tmp_path / "mazes")[helpers_of(row)[-1]])
    record = records(world / "mazes")[row["id"]]
    numbered = FAMILY.show(record, to_rgb(unfold(FAMILY, record, 2)[-1], FAMILY.palette))
    assert (last == numbered).all()
    assert ((last == (0, 0, 255)).all(axis=2)).any()


def test_splits_of_curate_are_kept_and_test_is_left_out(world: Path, tmp_path: Path) -> None:
    splits = read_manifest(str(world / "curated")).splits
    assert good(tmp_path, world / "curated").metrics["rows"] == {"train": splits["train"], "val": splits["val"]}


def test_a_split_without_rows_has_no_file(world: Path, tmp_path: Path) -> None:
    manifest = good(tmp_path, world / "mazes", more=("--val", "0"))
    assert manifest.metrics["rows"] == {"train": 40, "val": 0}
    assert not (tmp_path / "val.jsonl").exists()
    good(tmp_path / "out", world / "mazes", more=("--val", "1"))
    assert not (tmp_path / "out" / "train.jsonl").exists()


def test_other_groups_and_puzzles_with_clips(tmp_path: Path) -> None:
    small = ("--count", "2", "--workers", "1")
    clip = ("--video", "--frames", "9", "--clip-size", "256x256")
    made = {
        "eye": ("vtb-gen-eyeballing", "--task", "midpoint", "--task", "circle_center", *small),
        "visual": ("vtb-gen-visual", "--task", "color_grid", "--target-size", "256x256", *small, *clip),
        "arc": ("vtb-gen-arc", *small),
    }
    for name, words in made.items():
        result = call(*words, "--output", tmp_path / name)
        assert result.code == 0, result.err
    manifest = good(tmp_path / "out", *(tmp_path / name for name in made), more=("--val", "0"))
    assert manifest.metrics["segments"] == {"1": 2, "2": 6}
    for row in rows(tmp_path / "out", "train.jsonl"):
        example = decode_example(row["example"].encode())
        assert task_of(example).score_text(example.payload, words_of(row)).strict


def test_a_folder_gives_the_rows_of_the_artifact(world: Path, tmp_path: Path) -> None:
    good(tmp_path / "a", world / "mazes", more=("--val", "0"))
    good(tmp_path / "b", world / "folder", more=("--val", "0"))
    mine, other = (rows(tmp_path / name, "train.jsonl") for name in "ab")
    assert [row["id"] for row in mine] == [row["id"] for row in other]
    assert [words_of(row) for row in mine] == [words_of(row) for row in other]
    assert set(media(tmp_path / "a").values()) == set(media(tmp_path / "b").values())


def test_the_same_bytes_by_workers_and_parts(world: Path, tmp_path: Path) -> None:
    good(tmp_path / "one", world / "mazes")
    good(tmp_path / "two", world / "mazes", more=("--workers", "2"))
    for index in (1, 0):
        assert (
            prepare(tmp_path / "parts", world / "mazes", more=("--num-shards", "2", "--shard-index", index)).code == 0
        )
    whole = without_run(files(tmp_path / "one"))
    assert without_run(files(tmp_path / "two")) == whole
    assert without_run(files(tmp_path / "parts")) == whole


def test_a_picture_that_is_drawn_otherwise_today_is_named(world: Path, tmp_path: Path) -> None:
    data = json.loads((world / "folder" / "maze_square" / "data.json").read_text())
    name = data[0]["image"]
    copy = tmp_path / "folder"
    (copy / "puzzles").mkdir(parents=True)
    (copy / "data.json").write_text(json.dumps(data[:2]))
    for record in data[:2]:
        picture = (world / "folder" / "maze_square" / record["image"]).read_bytes()
        (copy / record["image"]).write_bytes(picture)
    (copy / name).write_bytes(encode_rgb(np.full_like(decode_image((copy / name).read_bytes()), 255)))
    refused = prepare(tmp_path / "out", copy)
    assert (refused.code, "its picture is not what maze_square draws today" in refused.err) == (5, True), refused.err
    kept = good(tmp_path / "out", copy, more=("--max-bad", "0.5"))
    assert sum(kept.metrics["rows"].values()) == 1
    assert data[0]["id"] in kept.metrics["left_out"][0]


def test_puzzles_of_others_are_named(world: Path, tmp_path: Path) -> None:
    """Nobody here can draw how they are solved."""
    made_by_others(tmp_path / "theirs", world)
    refused = prepare(tmp_path / "out", tmp_path / "theirs")
    assert (refused.code, "is a puzzle of others, whose solution nobody here can draw" in refused.err) == (3, True)
    kept = good(tmp_path / "out", tmp_path / "theirs", world / "mazes", more=("--max-bad", "0.2"))
    assert sum(kept.metrics["rows"].values()) == 40
    assert len(kept.metrics["left_out"]) == 6


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "give either puzzles with --input, or published rows with --data and --images"),
        (("--input", "{w}/mazes", "--data", "{w}", "--images", "{w}"), 2, "give either puzzles with --input, or"),
        (("--input", "{w}/mazes", "--images", "{w}"), 2, "--images: goes with --data"),
        (("--input", "{w}/mazes", "--form", "think"), 2, "--form: goes with --data"),
        (("--data", "{w}", "--images", "{w}", "--segments", "3"), 2, "--segments: goes with --input, not --data"),
        (("--data", "{w}"), 2, "--data: needs its pictures"),
        (("--input", "{w}/dataset"), 3, "holds swift-dataset"),
        (("--input", "{w}/mazes", "--segments", "0"), 2, "0 is not in the range"),
    ],
)
def test_what_is_refused(world: Path, tmp_path: Path, words: tuple[str, ...], code: int, says: str) -> None:
    line = [word.format(w=world) for word in words]
    result = call("vtb-prepare", "latent", *line, "--output", tmp_path / "o", "--workers", "1")
    assert (result.code, says in result.err) == (code, True), result.err
    assert not (tmp_path / "o").exists()


def test_a_dry_run(world: Path, tmp_path: Path) -> None:
    result = prepare(tmp_path / "o", world / "mazes", more=("--dry-run",))
    assert "40 rows with helper pictures" in result.out
    assert not (tmp_path / "o").exists()


def test_the_card(world: Path, tmp_path: Path) -> None:
    good(tmp_path, world / "mazes", more=("--val", "0.3"))
    head = yaml.safe_load((tmp_path / "README.md").read_text().split("---\n")[1])
    assert {entry["split"] for entry in head["configs"][0]["data_files"]} == {"train", "val"}
    assert {feature["name"] for feature in head["dataset_info"]["features"]} == COLUMNS
    assert "maze_square" in head["tags"]
