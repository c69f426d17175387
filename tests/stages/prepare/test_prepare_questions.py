"""``vtb-prepare questions``: the benchmark's parquet file and real videos become one artifact of questions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from contract.command_line import Result, call
from stages.prepare.room_films import FRAMES, film, question, room
from vtb.artifact import read_manifest
from vtb.datasets.readers import chunks, describe_input, read_chunk
from vtb.formats.webdataset import read_tar
from vtb.media.frames import sampled_places
from vtb.media.image import decode_image

DISTANCE = {"question_type": "object_rel_distance", "question": "Which is nearest to the door?",
            "options": ["A. lamp", "B. sofa", "C. table"], "ground_truth": "B"}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films, and five questions about them in the order of the benchmark, which goes back to the first film."""
    import pyarrow
    import pyarrow.parquet

    base = tmp_path_factory.mktemp("questions")
    for seed, scene in enumerate("ab"):
        film(base / "videos" / "scans" / f"{scene}.mp4", room(seed))
    rows = [question(n, scene, **(DISTANCE if n % 2 else {})) for n, scene in enumerate("aabba")]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), base / "test.parquet")
    (base / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return base


def prepare(world: Path, output: Path, *more: object, questions: Path | None = None) -> Result:
    asked = ("--questions", questions or world / "test.parquet", "--videos", world / "videos", "--workers", "1")
    return call("vtb-prepare", "questions", "--benchmark", "vsi-bench", *asked, "--output", output, *more)


def done(result: Result) -> str:
    assert result.code == 0, result.err
    return result.out.strip()


@pytest.fixture(scope="module")
def made(world: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return done(prepare(world, tmp_path_factory.mktemp("made") / "out", "--frames", "5"))


def test_frames_are_stored_once_and_read_with_every_question(made: str) -> None:
    manifest = read_manifest(made, ("questions",))
    (shard,) = manifest.shards
    stored = list(read_tar((Path(made) / shard.path).read_bytes()))
    assert [sample.key for sample in stored] == [
        "vsi-0-frames", "vsi-0", "vsi-1", "vsi-4", "vsi-2-frames", "vsi-2", "vsi-3",
    ]  # fmt: skip
    assert manifest.rows == 5
    (chunk,) = chunks(describe_input(made, ("questions",)))
    loaded = list(read_chunk(chunk))
    assert [len(one.asked) for one in loaded] == [5] * 5
    assert all(one.kind == "image" for one in loaded[0].asked)
    levels = [decode_image(one.files[0])[:, :60].mean() for one in loaded[3].asked]
    assert np.allclose(levels, [6 * place for place in sampled_places(FRAMES, 5)], atol=4)
    assert [one.example.task for one in loaded[:2]] == ["object_counting", "object_rel_distance"]
    assert loaded[1].example.answer == "B"


def test_as_one_video(world: Path, tmp_path: Path) -> None:
    out = done(prepare(world, tmp_path / "out", "--frames", "4", "--show", "video"))
    (chunk,) = chunks(describe_input(out, ("questions",)))
    (clip,) = next(iter(read_chunk(chunk))).asked
    assert clip.kind == "frames"
    assert len(clip.files) == 4


def test_the_same_bytes_from_parquet_and_from_lines(world: Path, made: str, tmp_path: Path) -> None:
    out = done(prepare(world, tmp_path / "out", "--frames", "5", questions=world / "test.jsonl"))
    assert [shard.sha256 for shard in read_manifest(out).shards] == [s.sha256 for s in read_manifest(made).shards]


def test_missing_and_damaged_videos_are_counted_and_refused(world: Path, tmp_path: Path) -> None:
    rows = [question(n, scene) for n, scene in enumerate(("a", "b", "gone", "broken"))]
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "scans").symlink_to(world / "videos" / "scans")
    (tmp_path / "videos" / "back").symlink_to(tmp_path / "videos")  # a circle
    (tmp_path / "videos" / "broken.mp4").write_bytes(b"no film")
    (tmp_path / "test.json").write_text(json.dumps(rows))
    asked = ("--benchmark", "vsi-bench", "--questions", tmp_path / "test.json", "--videos", tmp_path / "videos")
    words = ("vtb-prepare", "questions", *asked, "--workers", "1", "--output", tmp_path / "out")
    refused = call(*words)
    assert refused.code == 5
    assert "2 of 4 videos are missing or damaged, the first: scans/gone: is not there" in refused.err
    assert not (tmp_path / "out" / "manifest.json").exists()
    kept = call(*words, "--max-bad", "0.5")
    assert kept.code == 0, kept.err
    metrics = read_manifest(kept.out.strip()).metrics
    assert metrics["questions"] == 2
    assert len(metrics["bad"]) == 2


def test_nothing_to_ask_about_is_refused(world: Path, tmp_path: Path) -> None:
    (tmp_path / "test.json").write_text(json.dumps([question(0, "elsewhere")]))
    refused = prepare(world, tmp_path / "out", questions=tmp_path / "test.json")
    assert refused.code == 3
    assert "holds none of the videos" in refused.err
    wrong = call("vtb-prepare", "questions", "--benchmark", "vsi", "--questions", world / "test.jsonl", "--videos",
                 world, "--output", tmp_path / "no")  # fmt: skip
    assert wrong.code == 2
    assert "vsi-bench" in wrong.err
