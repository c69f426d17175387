"""``vtb-gen-eyeballing`` from the command line to a folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from contract.command_line import call, files, without_run
from stages.generate.dataset_files import example_of, examples, samples
from vtb.artifact import read_manifest
from vtb.formats.vlmpuzzle import data_files, read_records
from vtb.media.image import decode_image
from vtb.media.video import decode_ends
from vtb.puzzles.eyeballing.common.config import Config
from vtb.puzzles.registry import families
from vtb.tasks.registry import from_fields, task_of
from vtb_generate.eyeballing import GROUP

EYEBALLING = "vtb-gen-eyeballing"
KINDS = [kind for kind in GROUP.kinds if kind not in GROUP.extra]
CLIP = ("--video", "--frames", "5", "--clip-size", "256x256")
SMALL = ("--count", "2", *CLIP, "--samples-per-shard", "5", "--preview", "1")


def make(folder: Path, *arguments: object) -> None:
    result = call(EYEBALLING, *arguments, "--output", folder)
    assert result.code == 0, result.err


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("eyeballing") / "whole"
    make(folder, *SMALL, "--workers", "1")
    return folder


def test_the_benchmarks_21_are_made_by_default(whole: Path) -> None:
    manifest = read_manifest(str(whole))
    assert (manifest.rows, len(manifest.shards), manifest.plan.kind) == (42, 9, "puzzles")
    assert len(KINDS) == 21
    assert {GROUP.kinds[kind] for kind in GROUP.kinds} == {
        name for name, family in families().items() if family.group == "eyeballing"
    }
    found = samples(whole)
    assert [sample.key for sample in found] == [f"{kind}-{n:07d}" for kind in KINDS for n in range(2)]
    for sample in found:
        assert set(sample.parts) == {"json", "puzzle.png", "solution.png", "solution.mp4"}
        example = example_of(sample)
        record, family, puzzle = example.payload, task_of(example), decode_image(sample.parts["puzzle.png"])
        assert puzzle.shape == (480, 480, 3)
        assert family.score_image(record, decode_image(sample.parts["solution.png"]), puzzle).strict
        ends = decode_ends(sample.parts["solution.mp4"])
        assert (ends.count, ends.last.shape) == (5, (256, 256, 3))
        assert family.score_frame(record, ends.last).strict
        assert not family.score_frame(record, ends.first).strict


def test_the_extra_kind_is_made_by_name(tmp_path: Path) -> None:
    make(tmp_path, "--task", "arc_connect_point_ver", "--count", "2")
    assert [example.task for example in examples(tmp_path)] == ["arc_connect_point_ver"] * 2
    assert "# 2 samples of arc_connect_point_ver" in (tmp_path / "README.md").read_text()


def test_a_default_clip_has_81_frames_and_ends_right(tmp_path: Path) -> None:
    make(tmp_path, "--task", "incenter", "--task", "arc_connect", "--count", "1", "--video", "--workers", "1")
    for sample in samples(tmp_path):
        example, ends = example_of(sample), decode_ends(sample.parts["solution.mp4"])
        assert (ends.count, ends.last.shape) == (81, (480, 480, 3))
        assert task_of(example).score_frame(example.payload, ends.last).strict


def test_a_sample_does_not_depend_on_the_other_kinds(whole: Path, tmp_path: Path) -> None:
    make(tmp_path, *SMALL, "--task", "midpoint")
    assert samples(tmp_path) == [sample for sample in samples(whole) if sample.key.startswith("midpoint")]


@pytest.mark.parametrize(("workers", "parts"), [(3, 1), (1, 4), (2, 3)])
def test_workers_and_parts_do_not_change_a_byte(whole: Path, tmp_path: Path, workers: int, parts: int) -> None:
    for index in reversed(range(parts)):
        make(tmp_path, *SMALL, "--workers", workers, "--num-shards", parts, "--shard-index", index)
    assert without_run(files(tmp_path)) == without_run(files(whole))


def test_a_rerun_makes_only_what_is_missing(whole: Path, tmp_path: Path) -> None:
    make(tmp_path, *SMALL, "--workers", "1")
    for name in ("manifest.json", "shards/00003.tar", "gallery.html"):
        (tmp_path / name).unlink()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("shards/*.tar")}
    make(tmp_path, *SMALL, "--workers", "1")
    assert without_run(files(tmp_path)) == without_run(files(whole))
    assert len(kept) == 8
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    done = call(EYEBALLING, *SMALL, "--dry-run", "--output", tmp_path / "out")
    assert (done.code, "42 samples in 9 shards" in done.out) == (0, True)
    assert not (tmp_path / "out").exists()


# Every option of the configuration, and a value that is not the default.
OTHER = {
    "width": "640", "aspect": "1.5", "point_radius": "14", "line_width": "8", "distractor_distance": "1.6",
    "sampling": "videothinkbench",
}  # fmt: skip
# Their candidates lie where the figure wants them, so there is one way of sampling.
FIXED = {"circle_tangent_point", "right_triangle", "square_outlier", "arc_connect"}


def pictures(folder: Path) -> dict[str, tuple[bytes, bytes]]:
    found = samples(folder)
    return {sample.key: (sample.parts["puzzle.png"], sample.parts["solution.png"]) for sample in found}


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("eyeballing") / "usual"
    make(folder, "--count", "4", "--preview", "0", "--workers", "1")
    return folder


def test_every_option_is_tried() -> None:
    assert set(OTHER) == {field.name for field in dataclasses.fields(Config)} - {"clip"}


@pytest.mark.parametrize("option", OTHER)
def test_every_option_changes_every_kind(option: str, usual: Path, tmp_path: Path) -> None:
    flag = f"--{option.replace('_', '-')}"
    make(tmp_path, flag, OTHER[option], "--count", "4", "--preview", "0", "--workers", "1")
    before, after = pictures(usual), pictures(tmp_path)
    changed = {key.rpartition("-")[0] for key in before if before[key] != after[key]}
    assert set(KINDS) - changed == (FIXED if option == "sampling" else set())


def mean_margin(folder: Path, kind: str) -> float:
    found = [example.figures["margin"] for example in examples(folder) if example.task == kind]
    return sum(found) / len(found)


def test_a_larger_distance_is_easier(usual: Path, tmp_path: Path) -> None:
    make(tmp_path, "--distractor-distance", "2", "--count", "4", "--preview", "0")
    ratios = {kind: mean_margin(tmp_path, kind) / mean_margin(usual, kind) for kind in KINDS}
    # The candidates of these are parts of the figure and far apart anyway: only their least distance grows.
    apart = {"circle_tangent_point", "right_triangle", "square_outlier"}
    assert {kind for kind, ratio in ratios.items() if ratio < 1.4} <= apart


def test_width_and_aspect_are_those_of_the_pictures(tmp_path: Path) -> None:
    make(tmp_path, "--task", "parallel", "--width", "600", "--aspect", "1.5", "--count", "1")
    (sample,) = samples(tmp_path)
    assert decode_image(sample.parts["puzzle.png"]).shape == (400, 600, 3)


def test_the_rate_of_rejected_draws_is_reported(tmp_path: Path) -> None:
    make(tmp_path, "--task", "incenter", "--task", "square_outlier", "--count", "40", "--samples-per-shard", "7")
    found, rates = examples(tmp_path), read_manifest(str(tmp_path)).metrics["rejected_draws"]
    for kind in ("incenter", "square_outlier"):
        tries = [example.payload.tries for example in found if example.task == kind]
        assert all(count >= 1 for count in tries)
        assert rates[kind] == pytest.approx(1 - 40 / sum(tries), abs=1e-4)
        assert (
            f"| {kind} | 40 | too many to count | {100 * rates[kind]:.1f} % |" in (tmp_path / "README.md").read_text()
        )
    assert rates["incenter"] > 0.9 > rates["square_outlier"]


def test_a_folder_has_a_list_for_every_kind(tmp_path: Path) -> None:
    tasks = ("--task", "midpoint", "--task", "parallel", "--video", "--frames", "5")
    make(tmp_path, "--count", "2", *tasks, "--layout", "folder", "--samples-per-shard", "3")
    lists = data_files(tmp_path)
    assert [file.parent.name for file in lists] == ["midpoint", "parallel"]
    for file in lists:
        found = list(read_records(file))
        assert [record["id"] for record in found] == [f"{file.parent.name}-{n:07d}" for n in range(2)]
        for record in found:
            solution = decode_image((file.parent / record["solution_image_path"]).read_bytes())
            example = from_fields(record)
            assert task_of(example).score_image(example.payload, solution).strict
            assert decode_ends((file.parent / record["solution_video_path"]).read_bytes()).count == 5


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--task", "maze_square"), "'maze_square' is not one of"),
        (("--task", "all", "--task", "midpoint"), "give each kind once, or all alone"),
        (("--task", "midpoint", "--task", "midpoint"), "give each kind once"),
        (("--count", "0"), "--count"),
        (("--width", "100"), "--width 100: must be from 256 to 2048"),
        (("--aspect", "3"), "--aspect 3"),
        (("--aspect", "nan"), "'--aspect': 'nan' is not a finite number"),
        (("--point-radius", "5"), "--point-radius 5"),
        (("--point-radius", "24"), "take at most 20, or a larger --width"),
        (("--line-width", "0"), "--line-width 0"),
        (("--distractor-distance", "0.5"), "--distractor-distance 0.5"),
        (("--sampling", "other"), "'other' is not one of"),
        (("--clip-size", "100x100"), "--clip-size 100x100"),
        (("--frames", "80"), "--frames 80"),
    ],
)
def test_wrong_options_are_one_line(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = call(EYEBALLING, *arguments, "--output", tmp_path / "out")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert says in done.err
    assert not (tmp_path / "out").exists()


def test_constraints_that_no_draw_meets_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(families()["midpoint"]), "place", lambda *_: None)
    done = call(EYEBALLING, "--task", "midpoint", "--count", "1", "--workers", "1", "--output", tmp_path / "out")
    assert (done.code, len(done.error_lines)) == (2, 1)
    assert "midpoint: none of 5000 draws fits a picture of 480x480" in done.err
    assert "(100 % rejected)" in done.err


def test_the_card_says_which_tasks_their_points_answer(tmp_path: Path) -> None:
    words = ("--task", "square_outlier", "--task", "midpoint", "--count", "1", "--workers", "1", "--output", tmp_path)
    assert call("vtb-gen-eyeballing", *words).code == 0
    said = [line for line in (tmp_path / "README.md").read_text().splitlines() if "without looking" in line]
    assert len(said) == 1
    assert "`square_outlier`: the five points alone say which of them is no corner of a square" in said[0]
    assert "midpoint" not in said[0]
