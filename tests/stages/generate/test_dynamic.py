"""``vtb-gen-dynamic`` from the command line to questions, frames and videos."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from contract.command_line import Result, call
from vtb.artifact import read_manifest
from vtb.benchmarks.dynamic import BENCHMARK, NAME
from vtb.datasets.readers import chunks, describe_input
from vtb.datasets.samples import chunk_samples
from vtb.dynamic.kinds import KINDS
from vtb.formats.webdataset import Sample
from vtb.media.frames import sample_video
from vtb.media.image import decode_image
from vtb.media.length import clip_length
from vtb.tasks.example import Example
from vtb.tasks.registry import decode_example, task_of

SMALL = ("--picture-size", "160x120", "--clip-frames", "48", "--frames", "12")
SCENES, HELD = 3, 2


def generate(output: Path, *more: object) -> Result:
    return call("vtb-gen-dynamic", *SMALL, "--scenes", SCENES, "--videos-per-shard", 2, "--output", output, *more)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dynamic") / "whole"
    done = generate(folder, "--workers", 1, "--clips", "--legacy")
    assert done.code == 0, done.err
    return folder


def samples(folder: Path) -> list[Sample]:
    """As the readers of artifacts give them."""
    entry = describe_input(str(folder), ("questions",))
    return [one for chunk in chunks(entry) for one in chunk_samples(chunk) if isinstance(one, Sample)]


def examples(folder: Path) -> list[Example]:
    return [decode_example(sample.parts["json"]) for sample in samples(folder)]


def predicts(example: Example) -> bool:
    return KINDS[example.task].measure == "prediction"


def test_questions_of_every_type(whole: Path) -> None:
    manifest = read_manifest(str(whole), ("questions",))
    found = examples(whole)
    assert (manifest.rows, len(manifest.shards)) == (len(found), 2)
    assert "layout" not in manifest.plan.config  # so that runs go on with artifacts that are older than the option
    assert len(found) > 4 * SCENES
    counts = Counter(example.task for example in found)
    assert set(counts) <= set(KINDS)
    assert len(counts) > 8
    assert manifest.metrics["questions"] == dict(sorted(counts.items()))
    assert sum(manifest.metrics["rejected"].values()) > 0
    assert all(": " in reason for reason in manifest.metrics["rejected"])
    assert len({example.key for example in found}) == len(found)
    for example in found:
        assert (example.source, example.seed) == (NAME, 42)
        assert task_of(example).score_text(example.payload, example.answer).value == 1
        wrong = next(letter for letter in "ABCD" if letter != example.answer)
        assert task_of(example).score_text(example.payload, wrong).value == 0
        assert set(example.figures) == {"segments", "things", "frames"}
    assert set(KINDS) < set(BENCHMARK.tasks())


def test_predictions_do_not_show_what_comes(whole: Path) -> None:
    for example in examples(whole):
        assert len(example.media) == 12 - (HELD if predicts(example) else 0)
        first, last = (
            float(word) for word in example.prompts.vlm.split("seconds ")[1].split(" of the video")[0].split(" to ")
        )
        assert (first, last) == (0.0, 2.4 if predicts(example) else 2.9)


def test_frames_are_those_of_the_video(whole: Path) -> None:
    for name, sample in {one.key.rpartition("-")[0]: one for one in samples(whole)}.items():
        frames = sample_video((whole / f"videos/{name}.mp4").read_bytes(), 12)
        for number, frame in enumerate(frames):
            shown = decode_image(sample.parts[f"frame.{number:03d}.jpg"])
            assert np.abs(shown.astype(int) - frame).mean() < 6
        assert clip_length((whole / f"videos/{name}.mp4").read_bytes()).frames == 48
        assert clip_length((whole / f"videos/{name}-cut.mp4").read_bytes()).frames == 39  # up to the tenth of 12 frames


def test_the_form_of_the_dsr_suite(whole: Path) -> None:
    pairs = json.loads((whole / "qa_pairs.json").read_text())
    assert sum(map(len, pairs.values())) == len(examples(whole))
    for video, questions in pairs.items():
        assert (whole / f"videos/{video}.mp4").is_file()
        for one in questions:
            assert list(one) == ["Type", "Question", "A", "B", "C", "D", "Correct"]
            assert (KINDS[one["Type"]].measure == "prediction") == video.endswith("-cut")
    asked = {one["Question"] for questions in pairs.values() for one in questions}
    assert all(any(words in example.payload.question for words in asked) for example in examples(whole))


def test_the_card_says_what_words_tell(whole: Path) -> None:
    card = (whole / "README.md").read_text()
    assert "takes 100 questions of a type" in card
    assert "cc0-1.0" in card
    assert (whole / "gallery.html").stat().st_size > 10_000
    assert (whole / "preview.html").stat().st_size > 10_000


def content(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".json", ".html", ".md")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_the_same_bytes_with_other_workers_and_after_a_stop(whole: Path, tmp_path: Path) -> None:
    for part in range(2):
        done = generate(tmp_path / "again", "--clips", "--legacy", "--num-shards", 2, "--shard-index", part)
        assert done.code == 0, done.err
    assert content(tmp_path / "again") == content(whole)
    assert (tmp_path / "again/qa_pairs.json").read_bytes() == (whole / "qa_pairs.json").read_bytes()


def test_boxes_in_other_coordinates(whole: Path, tmp_path: Path) -> None:
    done = generate(tmp_path / "out", "--boxes", "thousandths", "--scenes", 1, "--workers", 1)
    assert done.code == 0, done.err
    again = examples(tmp_path / "out")
    assert again
    for one, other in zip(examples(whole), again, strict=False):
        assert one.key == other.key
        for box, scaled in zip(boxes(one), boxes(other), strict=True):
            sides = [round(side * 1000 / (160, 120)[place % 2]) for place, side in enumerate(box)]
            assert sides == scaled


def boxes(example: Example) -> list[list[int]]:
    parts = example.payload.question.split("coordinates [")[1:]
    return [[int(side) for side in part.split("]")[0].split(",")] for part in parts]


REFUSED = {
    "odd size": (("--picture-size", "161x120"), "both sides must be even"),
    "too many frames": (("--frames", "60"), "the video has --clip-frames 48"),
    "videos of one's own": (("--videos", "."), "say --backend models"),
    "no videos": (("--backend", "models"), "give --videos, too"),
    "an option of own videos": (("--margin", "0.1"), "--margin is not for --backend synthetic: leave it out"),
    "an option of an endpoint": (("--reasks", "5"), "--reasks is for --freeform: leave it out"),
    "too much to keep": (("--clips", "--picture-size", "2048x2048", "--clip-frames", "300"), "are kept in memory"),
    "too many shards": (("--scenes", "100000000"), "are more than 1,000,000 shards of 2"),
    "beyond counting": (("--scenes", "9" * 20), "is not in the range"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(case: str, tmp_path: Path) -> None:
    more, part = REFUSED[case]
    done = generate(tmp_path / "out", *more)
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert part in done.error_lines[0]
    assert not (tmp_path / "out").exists()
