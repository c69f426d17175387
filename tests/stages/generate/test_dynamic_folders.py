"""``vtb-gen-dynamic --layout``: folders in the published forms of three benchmarks."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import yaml

from contract.command_line import call
from stages.benchmark_folders import CLIP, EACH, FRAMES, LAYOUTS, SCENES, SEED, SIZE, SMALL, askings, generate
from vtb.artifact import read_manifest
from vtb.artifact.local import verify
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.dynamic import NAME
from vtb.benchmarks.four_d_bench import VIEWS
from vtb.datasets.benchmark_folder import FILES
from vtb.media.frames import sample_video
from vtb.media.image import to_rgb
from vtb.media.length import clip_length
from vtb.rng import sample_rng
from vtb.scenes.moving.draw import MovingRenderer
from vtb.scenes.moving.scene import draw_scene
from vtb.tasks.registry import task_of

every_layout = pytest.mark.parametrize("layout", LAYOUTS)


@every_layout
def test_the_benchmark_s_reader_takes_and_judges_it(benchmark_folders: Mapping[str, Path], layout: str) -> None:
    folder = benchmark_folders[layout]
    manifest, found = read_manifest(str(folder), ("benchmark-folder",)), askings(folder, layout)
    assert (manifest.rows, len(manifest.shards)) == (len(found), SCENES)
    assert manifest.metrics["benchmark"] == layout
    assert (manifest.metrics["scenes"], sum(manifest.metrics["questions"].values())) == (SCENES, len(found))
    assert {"boxes", "clips", "freeform", "margin"}.isdisjoint(manifest.plan.config)
    assert ("frames" in manifest.plan.config) == (layout != "4d-bench")
    verify(str(folder), manifest, folder)
    for one in found:
        example = one.example
        assert example.source == layout
        wrong = [letter for letter in LETTERS[:4] if letter != example.answer]
        scores = [task_of(example).score_text(example.payload, said).value for said in (example.answer, *wrong)]
        assert scores == [1, 0, 0, 0]


@every_layout
def test_the_card_declares_the_columns_of_the_rows(benchmark_folders: Mapping[str, Path], layout: str) -> None:
    card = (benchmark_folders[layout] / "README.md").read_text()
    head = yaml.safe_load(card.split("---\n")[1])
    declared = {feature["name"] for feature in head["dataset_info"]["features"]}
    lines = [
        line for path in benchmark_folders[layout].glob("shards/*.jsonl") for line in path.read_text().splitlines()
    ]
    assert all(set(json.loads(line)) == declared for line in lines)
    assert f"`{FILES[layout]}` has the questions in the published form of {layout}" in card
    assert (benchmark_folders[layout] / "preview.html").stat().st_size > 10_000


def test_dsr_bench_has_our_types_with_boxes_in_pixels_of_the_videos(benchmark_folders: Mapping[str, Path]) -> None:
    folder = benchmark_folders["dsr-bench"]
    with (folder / FILES["dsr-bench"]).open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert list(rows[0]) == ["index", "video", "question", "options", "answer", "task_type"]
    for row in rows:
        assert row["video"].endswith("-cut") == row["task_type"].endswith("_pred")
        length = clip_length((folder / f"videos/{row['video']}.mp4").read_bytes())
        assert length.frames == (26 if row["video"].endswith("-cut") else CLIP)  # up to the tenth of 12 frames
    done = call("vtb-gen-dynamic", "--scenes", SCENES, "--questions", EACH["dsr-bench"], *SMALL, "--frames", FRAMES,
                "--boxes", "video", "--workers", 1, "--output", folder.parent / "shards")  # fmt: skip
    assert done.code == 0, done.err
    words = [json.loads(line) for path in sorted(folder.parent.glob("shards/questions/*.jsonl"))
             for line in path.read_text().splitlines()]  # fmt: skip
    assert [(one["question"], one["right"], one["video"]) for one in words] == [
        (row["question"], row["answer"], row["video"]) for row in rows
    ]


def test_vlm4d_rows(benchmark_folders: Mapping[str, Path]) -> None:
    folder = benchmark_folders["vlm4d"]
    rows = json.loads((folder / "synthetic_mc.json").read_text())
    for row in rows:
        assert list(row) == ["id", "video", "question_type", "question", "choices", "answer"]
        assert row["answer"] in row["choices"].values()
        assert (folder / "videos" / row["video"]).is_file()
    absent = {row["id"] for row in rows if row["answer"].startswith("No ")}
    told = {
        one.example.key.rpartition("-")[2] for one in askings(folder, "vlm4d") if one.example.task == "synthetic_fp"
    }
    assert told == absent


def test_4d_bench_shows_one_scene_from_three_sides(benchmark_folders: Mapping[str, Path]) -> None:
    folder = benchmark_folders["4d-bench"]
    rows = json.loads((folder / "4d_qa.json").read_text())
    assert {name.rpartition("_")[0] for name in rows} == {f"scene-{SEED}-{n:07d}" for n in range(SCENES)}
    for row in rows.values():
        assert list(row) == ["question", "choices", "Answer index", "Category"]
    firsts = []
    for view in VIEWS.names:
        data = (folder / f"videos/scene-{SEED}-0000001/{view}.mp4").read_bytes()
        assert clip_length(data).frames == CLIP
        firsts.append(sample_video(data, 2)[0])
        assert (firsts[-1][:4] > 250).all()  # white above
        assert (firsts[-1] < 200).any()
    assert all(np.abs(firsts[0].astype(int) - other).mean() > 1 for other in firsts[1:])


def test_a_scene_of_a_name_is_the_same_in_every_layout(benchmark_folders: Mapping[str, Path]) -> None:
    scene = draw_scene(sample_rng(SEED, NAME, 0), CLIP)
    renderer = MovingRenderer(scene, SIZE)
    drawn = to_rgb(renderer.draw(0), renderer.palette).astype(int)
    for path in ("dsr-bench/videos", "vlm4d/videos/synthetic"):
        film = benchmark_folders["vlm4d"].parent / path / f"scene-{SEED}-0000000.mp4"
        assert np.abs(sample_video(film.read_bytes(), 2)[0] - drawn).mean() < 6


def content(folder: Path) -> dict[str, bytes]:
    """But for the half of the manifest that says when and where."""
    names = ("manifest.json", "plan.json")
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in names]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@every_layout
def test_the_same_bytes_by_two_workers_and_in_two_parts(
    benchmark_folders: Mapping[str, Path], layout: str, tmp_path: Path
) -> None:
    """The shard that was there is not made again."""
    more: list[tuple[object, ...]] = [("--workers", 2)]
    if layout != "vlm4d":
        more = [("--num-shards", 2, "--shard-index", 1, "--workers", 1), ("--workers", 1)]
    made = set[int]()
    for words in more:
        assert not (tmp_path / "again/manifest.json").exists()
        done = generate(layout, tmp_path / "again", *words)
        assert done.code == 0, done.err
        made.add((tmp_path / "again/shards/00001.jsonl").stat().st_mtime_ns)
    assert len(made) == 1
    assert content(tmp_path / "again") == content(benchmark_folders[layout])
    digests = {read_manifest(str(place)).digest for place in (tmp_path / "again", benchmark_folders[layout])}
    assert len(digests) == 1


REFUSED = {
    "boxes": ("dsr-bench", ("--boxes", "frames"), "--boxes is not for --layout dsr-bench: leave it out"),
    "clips": ("vlm4d", ("--clips",), "--clips is not for --layout vlm4d"),
    "legacy": ("dsr-bench", ("--legacy",), "--legacy is not for --layout dsr-bench"),
    "free questions": ("vlm4d", ("--freeform", "1", "--endpoint", "http://x/v1", "--model", "m"), "--freeform is not"),
    "frames of 4D-Bench": ("4d-bench", ("--frames", "12"), "--frames is not for --layout 4d-bench"),
    "another": ("mmmu", (), "'mmmu' is not one of 'shards', 'dsr-bench', 'vlm4d', '4d-bench'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(case: str, tmp_path: Path) -> None:
    layout, more, part = REFUSED[case]
    done = call("vtb-gen-dynamic", "--layout", layout, *more, "--output", tmp_path / "out")
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert part in done.error_lines[0]
    assert not (tmp_path / "out").exists()


def test_own_videos_are_refused(tmp_path: Path) -> None:
    own = ("--videos", tmp_path, "--about", "a.csv", "--weights", tmp_path)
    done = call("vtb-gen-dynamic", "--layout", "vlm4d", "--backend", "models", *own, "--output", tmp_path / "out")
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert "--layout vlm4d: is of rendered videos alone: leave --backend out" in done.error_lines[0]


def test_no_question_at_all_is_refused(tmp_path: Path) -> None:
    done = generate("vlm4d", tmp_path / "o", "--scenes", 1, "--questions", 1, "--seed", 9, "--workers", 1)
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "no question came of 1 scenes: make more --scenes, or ask more --questions" in done.error_lines[0]
    assert not list((tmp_path / "o").glob("**/*.*"))
