"""``vtb-gen-rooms`` from the command line to questions, frames and videos."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.command_line import Result, call
from vtb.artifact import read_manifest
from vtb.benchmarks.rooms import BENCHMARK, NAME
from vtb.datasets.readers import chunks, describe_input
from vtb.datasets.samples import chunk_samples
from vtb.formats.webdataset import Sample, read_tar
from vtb.media.frames import sample_video, sampled_places
from vtb.media.image import decode_image
from vtb.rewards.registry import rewards
from vtb.tasks.example import Example
from vtb.tasks.registry import decode_example, task_of

SMALL = ("--picture-size", "192x144", "--clip-frames", "48", "--frames", "12")
ROOMS, EACH = 5, 10


def generate(output: Path, *more: object) -> Result:
    return call("vtb-gen-rooms", *SMALL, "--rooms", ROOMS, "--rooms-per-shard", 2, "--output", output, *more)


def content(folder: Path) -> dict[str, bytes]:
    """Every file but the manifest, the plan and the sidecars, which say how they were made."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def whole_samples(folder: Path) -> list[Sample]:
    """As the readers of artifacts give them."""
    entry = describe_input(str(folder), ("questions",))
    found = [sample for chunk in chunks(entry) for sample in chunk_samples(chunk)]
    assert all(isinstance(sample, Sample) for sample in found)
    return [sample for sample in found if isinstance(sample, Sample)]


def examples(folder: Path) -> list[Example]:
    return [decode_example(sample.parts["json"]) for sample in whole_samples(folder)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rooms") / "whole"
    done = generate(folder, "--workers", 1, "--clips")
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layout of the benchmark."""
    place = tmp_path_factory.mktemp("rooms") / "folder"
    done = generate(place, "--workers", 1, "--layout", "folder")
    assert done.code == 0, done.err
    return place


def test_questions_of_every_type(whole: Path) -> None:
    manifest = read_manifest(str(whole), ("questions",))
    assert (manifest.rows, len(manifest.shards)) == (ROOMS * EACH, 3)
    assert manifest.metrics == {"rooms": ROOMS, "questions": dict.fromkeys(sorted(BENCHMARK.tasks()), ROOMS)}
    found = examples(whole)
    assert Counter(example.task for example in found) == dict.fromkeys(BENCHMARK.tasks(), ROOMS)
    assert len({example.key for example in found}) == len(found)
    for example in found:
        assert (example.source, example.seed) == (NAME, 42)
        assert task_of(example).score_text(example.payload, example.answer).value == 1
        assert set(example.figures) == {"things", "square_meters"}


def test_frames_are_there_once_for_each_room(whole: Path) -> None:
    stored = [sample for path in sorted(whole.glob("shards/*.tar")) for sample in read_tar(path.read_bytes())]
    assert [set(sample.parts) == {"json"} for sample in stored].count(False) == ROOMS
    for sample in whole_samples(whole):
        shown = [medium.name for medium in decode_example(sample.parts["json"]).media]
        assert shown == [f"frame.{number:03d}.jpg" for number in range(12)]
        assert all(decode_image(sample.parts[name]).shape == (144, 192, 3) for name in shown)
        assert len({sample.parts[name] for name in shown}) > 8  # the camera moves


def test_frames_are_those_of_the_video(whole: Path) -> None:
    """At the places that every reader of videos takes, as far as compression leaves them."""
    for sample in whole_samples(whole)[::EACH]:
        example = decode_example(sample.parts["json"])
        data = (whole / "videos" / f"{example.payload.scene}.mp4").read_bytes()
        films = sample_video(data, 12)
        assert len(sample_video(data, 48)) == 48
        for number, film in enumerate(films):
            frame = decode_image(sample.parts[f"frame.{number:03d}.jpg"])
            assert np.abs(frame.astype(int) - film).mean() < 6
        assert sampled_places(48, 12)[-1] == 47


def test_workers_and_parts_do_not_change_a_byte(whole: Path, tmp_path: Path) -> None:
    for index in (1, 0):
        done = generate(tmp_path / "o", "--clips", "--workers", 2, "--num-shards", 2, "--shard-index", index)
        assert done.code == 0, done.err
    assert content(tmp_path / "o") == content(whole)


def test_a_room_depends_on_seed_and_number_alone(whole: Path, tmp_path: Path) -> None:
    """Without the videos, in other shards, and fewer of them."""
    arguments = ("--rooms", 3, "--rooms-per-shard", 1, "--workers", 1, "--preview", 0)
    assert generate(tmp_path / "a", *arguments).code == 0
    assert whole_samples(tmp_path / "a") == whole_samples(whole)[: 3 * EACH]
    assert not list((tmp_path / "a").glob("videos/*"))
    assert not (tmp_path / "a" / "preview.html").exists()
    assert generate(tmp_path / "b", *arguments, "--seed", 7).code == 0
    other = examples(tmp_path / "b")
    assert {one.payload.scene for one in other}.isdisjoint(one.payload.scene for one in examples(whole))


def test_rows_have_the_columns_of_the_benchmark(folder: Path, whole: Path) -> None:
    assert read_manifest(str(folder)).plan.kind == "vsi-folder"
    rows = json.loads((folder / "questions.json").read_text())
    assert len(rows) == ROOMS * EACH
    for row, example in zip(rows, examples(whole), strict=True):
        assert list(row) == [
            "id", "dataset", "scene_name", "question_type", "question", "options", "ground_truth",
        ]  # fmt: skip
        assert (row["id"], row["question"], row["ground_truth"]) == (
            example.key, example.payload.question, example.answer,
        )  # fmt: skip
        assert (folder / "videos" / f"{row['scene_name']}.mp4").is_file()
    assert content(folder / "videos") == content(whole / "videos")


def prepare(folder: Path, output: Path, *more: object) -> Result:
    words = ("--questions", folder / "questions.json", "--videos", folder / "videos", "--workers", "1")
    return call("vtb-prepare", "vsi", *words, "--frames", 12, "--output", output, *more)


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_prepare_vsi_reads_the_folder(folder: Path, tmp_path: Path) -> None:
    done = prepare(folder, tmp_path / "set", "--val", "0.4")
    assert done.code == 0, done.err
    manifest = read_manifest(str(tmp_path / "set"), ("swift-dataset",))
    assert manifest.rows == ROOMS * EACH
    assert manifest.metrics["bad"] == []
    rows = [row for split in ("train", "val") for row in rows_of(tmp_path / "set" / f"{split}_grpo.jsonl")]
    assert Counter(row["question_type"] for row in rows) == dict.fromkeys(BENCHMARK.tasks(), ROOMS)
    for row in rows:
        assert len(row["images"]) == 12
        assert rewards()["vsi"].parts(f"<answer>{row['solution']}</answer>", row)["score"] == 1
    with tarfile.open(tmp_path / "set" / "media" / "00000.tar") as tar:
        assert len(tar.getnames()) == ROOMS * 12


def test_rooms_of_another_seed_can_be_the_benchmark(folder: Path, tmp_path: Path) -> None:
    """Names of scenes hold the seed, so only the same rooms are left out."""
    assert generate(tmp_path / "test", "--layout", "folder", "--seed", 7, "--rooms", 2, "--workers", 1).code == 0
    benchmark = ("--benchmark-questions", tmp_path / "test" / "questions.json")
    films = ("--benchmark-videos", tmp_path / "test" / "videos")
    done = prepare(folder, tmp_path / "set", *benchmark, *films)
    assert done.code == 0, done.err
    assert read_manifest(str(tmp_path / "set")).rows == ROOMS * EACH
    same = prepare(tmp_path / "test", tmp_path / "none", *benchmark)
    assert same.code == 3
    assert same.error_lines


def test_pages(whole: Path) -> None:
    manifest = read_manifest(str(whole))
    assert [file.path for file in manifest.files] == ["README.md", "gallery.html", "gallery.png", "preview.html"]
    picture = decode_image((whole / "gallery.png").read_bytes())
    assert (picture < 250).any(axis=2).mean() > 0.3
    page = (whole / "preview.html").read_text()
    for example in examples(whole)[: 2 * EACH]:
        assert example.key in page
    assert examples(whole)[-1].key not in page
    card = (whole / "README.md").read_text()
    assert "`vtb-gen-rooms`" in card
    assert f"| route_planning | {ROOMS} |" in card


def test_fewer_and_more_questions(tmp_path: Path) -> None:
    assert generate(tmp_path / "few", "--rooms", 2, "--questions", 3, "--workers", 1).code == 0
    assert len(examples(tmp_path / "few")) == 6
    assert generate(tmp_path / "many", "--rooms", 1, "--questions", 30, "--workers", 1).code == 0
    found = examples(tmp_path / "many")
    assert 20 < len(found) <= 30
    assert len({(one.task, one.payload.question) for one in found}) == len(found)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--picture-size", "191x144"), "--picture-size 191x144: both sides must be even, from 120 to 2048"),
        (("--picture-size", "100x100"), "--picture-size 100x100"),
        (("--clip-frames", "4096", "--picture-size", "1024x768"), "--clip-frames 4096 of 1024x768: the whole video"),
        (("--rooms", "9" * 20), "are more than 1,000,000 shards"),
        (("--frames", "49"), "--frames 49: the video has --clip-frames 48"),
    ],
)
def test_what_cannot_be(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = generate(tmp_path / "o", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "o").exists()
