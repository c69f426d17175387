"""``vtb-prepare vsi`` on real video files whose frames carry their number."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.command_line import Result, call
from stages.prepare.room_films import FRAMES, film, question, room
from vtb.artifact import read_manifest
from vtb.media.frames import alike, looks, sample_folder, sample_video, sampled_places
from vtb.media.image import decode_image, encode_rgb
from vtb.media.video import decode_clip
from vtb.rewards.registry import rewards

CHOICE = {"question_type": "object_rel_distance_v2", "question": "Which is nearest to the door?",
          "options": ["A. lamp", "B. sofa", "C. table"], "ground_truth": "B"}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scenes: three films, and one whose frames have been extracted."""
    base = tmp_path_factory.mktemp("vsi")
    for seed, scene in enumerate(("a", "b", "c")):
        film(base / "videos" / "scans" / f"{scene}.mp4", room(seed))
    for number, picture in enumerate(room(7, 9)):
        (base / "videos" / "d").mkdir(exist_ok=True)
        (base / "videos" / "d" / f"{number:04d}.png").write_bytes(encode_rgb(picture))
    (base / "videos" / "._a.mp4").write_bytes(b"\0")
    rows = [question(n, scene, **(CHOICE if n % 2 else {})) for n, scene in enumerate("aabbccdd")]
    (base / "train.json").write_text(json.dumps(rows))
    return base


def prepare(world: Path, output: Path, *more: object, questions: Path | None = None) -> Result:
    words = ("--questions", questions or world / "train.json", "--videos", world / "videos", "--workers", "1")
    return call("vtb-prepare", "vsi", *words, "--output", output, *more)


def rows_of(output: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / name).read_text().splitlines()]


def test_rows_and_frames(world: Path, tmp_path: Path) -> None:
    done = prepare(world, tmp_path / "o", "--frames", 8, "--val", "0")
    assert done.code == 0, done.err
    rows = rows_of(tmp_path / "o", "train_grpo.jsonl")
    assert [row["id"] for row in rows] == [str(n) for n in range(8)]
    one, other = rows[0], rows[1]
    assert len(one["images"]) == one["messages"][0]["content"].count("<image>") == 8
    assert one["images"] == other["images"]
    assert [turn["role"] for turn in one["messages"]] == ["user"]
    assert (one["solution"], one["question_type"], one["scene_name"]) == ("3", "object_counting", "scans/a")
    assert "Options:\nA. lamp\nB. sofa\nC. table" in other["messages"][0]["content"]
    assert rows_of(tmp_path / "o", "train_sft.jsonl")[1]["messages"][1] == {"role": "assistant", "content": "B"}
    for row in rows:
        kind = row["question_type"]
        assert rewards()["vsi"].parts(f"<answer>{row['solution']}</answer>", row)["score"] == 1, kind
    with tarfile.open(tmp_path / "o" / "media" / "00000.tar") as tar:
        pictures = {name: decode_image(tar.extractfile(name).read()) for name in tar.getnames()}  # type: ignore[union-attr]
    assert len(pictures) == 4 * 8
    told = [float(pictures[name][:, :60].mean()) / 6 for name in one["images"]]
    assert told == pytest.approx(sampled_places(FRAMES, 8), abs=0.7)
    assert read_manifest(str(tmp_path / "o")).metrics["rows"] == {"train": 8, "val": 0}


def test_frames_are_those_of_linspace() -> None:
    assert sampled_places(100, 4) == [0, 33, 66, 99]
    assert sampled_places(3, 5) == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("form", ["{}.png", "{:04d}.png", "scene0_00_frame_{}.png"])
def test_extracted_frames_are_in_the_order_of_their_numbers(form: str, tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / form.format(number)).write_bytes(encode_rgb(np.full((4, 4, 3), 20 * number, np.uint8)))
    assert [int(one[0, 0, 0]) for one in sample_folder(tmp_path, 12)] == [20 * number for number in range(12)]


def test_a_head_that_says_another_length(tmp_path: Path) -> None:
    """Matroska says none at all."""
    data = film(tmp_path / "v.mkv", room(1)).read_bytes()
    told = [float(frame[:, :60].mean()) / 6 for frame in sample_video(data, 5)]
    assert told == pytest.approx(sampled_places(FRAMES, 5), abs=0.7)


def test_a_video_is_decoded_once(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vtb.media import frames

    decoded: list[int] = []

    def decode(data: bytes) -> Any:
        decoded.append(len(data))
        return decode_clip(data)

    monkeypatch.setattr(frames, "decode_clip", decode)
    assert prepare(world, tmp_path / "o", "--frames", 4).code == 0
    assert len(decoded) == 3


def test_all_questions_about_a_video_are_in_one_split(world: Path, tmp_path: Path) -> None:
    assert prepare(world, tmp_path / "o", "--frames", 2, "--val", "0.5").code == 0
    scenes = [
        {row["scene_name"] for row in rows_of(tmp_path / "o", f"{split}_grpo.jsonl")} for split in ("train", "val")
    ]
    assert all(scenes)
    assert not scenes[0] & scenes[1]


def test_same_bytes_whatever_the_shards_and_workers(world: Path, tmp_path: Path) -> None:
    digests = set()
    for name, more in (("one", ("--workers", "1")), ("two", ("--workers", "2"))):
        assert prepare(world, tmp_path / name, "--frames", 2, *more).code == 0
        digests.add(read_manifest(str(tmp_path / name)).digest)
    assert len(digests) == 1


def test_scenes_of_the_benchmark_are_left_out(world: Path, tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text(json.dumps(question(1, "b")) + "\n")
    shared = film(tmp_path / "theirs" / "renamed.mp4", [one[::2, ::2].repeat(2, 0).repeat(2, 1) for one in room(2)])
    more = ("--benchmark-questions", tmp_path / "test.jsonl", "--benchmark-videos", shared.parent)
    done = prepare(world, tmp_path / "o", "--frames", 8, "--val", "0", *more)
    assert done.code == 0, done.err
    assert {row["scene_name"] for row in rows_of(tmp_path / "o", "train_grpo.jsonl")} == {"scans/a", "scans/d"}
    assert read_manifest(str(tmp_path / "o")).metrics["of_the_benchmark"] == ["scans/b", "scans/c"]


def test_without_a_benchmark_a_warning(world: Path, tmp_path: Path) -> None:
    assert "nobody has checked" in prepare(world, tmp_path / "o", "--frames", 2).err


def test_looks_survive_scaling_and_compression_and_tell_rooms_apart(tmp_path: Path) -> None:
    import cv2

    one, other = room(3), room(4)
    small = [cv2.resize(picture, (96, 64), interpolation=cv2.INTER_AREA) for picture in one]
    again = sample_video(film(tmp_path / "v.mp4", [np.asarray(picture) for picture in small]).read_bytes(), 8)
    assert alike(looks(again), looks(one)) == 8
    assert alike(looks(other), looks(one)) == 0


def test_missing_and_damaged_videos(world: Path, tmp_path: Path) -> None:
    rows = [*json.loads((world / "train.json").read_text()), question(90, "gone"), question(91, "broken")]
    (tmp_path / "q.json").write_text(json.dumps(rows))
    broken = world / "videos" / "scans" / "broken.mp4"
    broken.write_bytes((world / "videos" / "scans" / "a.mp4").read_bytes()[:900])
    try:
        done = prepare(world, tmp_path / "o", "--frames", 2, questions=tmp_path / "q.json")
        assert (done.code, len(done.error_lines)) == (5, 1), done.err
        assert "2 of 6 videos are missing or damaged" in done.error_lines[0]
        assert not (tmp_path / "o" / "manifest.json").exists()
        more = ("--frames", 2, "--max-bad", "0.4")
        done = prepare(world, tmp_path / "o", *more, questions=tmp_path / "q.json")
        assert done.code == 0, done.err
    finally:
        broken.unlink()
    bad = read_manifest(str(tmp_path / "o")).metrics["bad"]
    assert [one.partition(":")[0] for one in bad] == ["scans/gone", "scans/broken"]
    assert "scans/gone: is not there" in done.err


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"question_type": "colors"}, "question type 'colors'"),
        ({"question": ""}, "no column question or problem"),
        ({"ground_truth": "three"}, "is no number"),
        ({"ground_truth": None}, "no column ground_truth"),
        ({**CHOICE, "options": []}, "has no options"),
        ({**CHOICE, "ground_truth": "D"}, "letter of no option"),
        ({**CHOICE, "options": "A"}, "no list of words"),
        ({"id": 0}, "have an id that another one has"),
    ],
)
def test_questions_that_are_none(world: Path, tmp_path: Path, row: dict[str, Any], said: str) -> None:
    (tmp_path / "q.json").write_text(json.dumps([question(0, "a"), question(5, "a", **row)]))
    done = prepare(world, tmp_path / "o", questions=tmp_path / "q.json")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert said in done.error_lines[0]
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", "nonsense", "[" * 100_000])
def test_files_that_are_no_questions(world: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "q.json").write_text(text)
    done = prepare(world, tmp_path / "o", questions=tmp_path / "q.json")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err


def test_parquet_and_other_names_of_columns(world: Path, tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    rows = [question(n, "a") for n in range(3)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "q.parquet")
    assert prepare(world, tmp_path / "p", "--frames", 2, questions=tmp_path / "q.parquet").code == 0
    other = [{"video": "scans/a.mp4", "problem": "How many?", "problem_type": "object_counting", "solution": 4}]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, other)))
    done = prepare(world, tmp_path / "j", "--frames", 2, "--val", "0", questions=tmp_path / "q.jsonl")
    assert done.code == 0, done.err
    assert rows_of(tmp_path / "j", "train_grpo.jsonl")[0]["solution"] == "4"
