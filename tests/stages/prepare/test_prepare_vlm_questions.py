"""Questions that share the frames of a video, prepared for training: frames once, a video in one split."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from contract.command_line import Result, call
from stages.prepare.room_films import room
from vtb.artifact import Plan, ShardEntry, read_manifest
from vtb.artifact.output import Output
from vtb.benchmarks.vsi_bench.questions import example_of
from vtb.benchmarks.vsi_bench.record import VsiRecord
from vtb.formats.shared_frames import fold, frame_name
from vtb.formats.webdataset import Sample, write_tar
from vtb.media.image import encode_rgb
from vtb.rewards.registry import rewards
from vtb.tasks.example import Media, encode_example

SCENES, EACH, FRAMES = 12, 4, 2


def artifact(place: Path, source: str) -> Path:
    """Questions about twelve scenes, four each."""
    samples = []
    for scene in range(SCENES):
        frames = {frame_name(n, "png"): encode_rgb(one) for n, one in enumerate(room(scene, FRAMES))}
        media = [Media("puzzle", "image", name) for name in frames]
        for number in range(EACH):
            record = VsiRecord(scene=f"room-{scene}", question=f"How many chairs? ({number})", answer="3")
            example = example_of(source, "object_counting", record, f"q-{scene}-{number}", media)
            samples.append(Sample(example.key, {"json": encode_example(example), **frames}))
    output = Output(str(place), Plan("questions", "vtb-gen-rooms", 1, {}))
    output.begin()
    data = output.put("shards/00000.tar", write_tar(fold(samples)))
    output.commit([output.add_shard(ShardEntry(data.path, len(samples), data.bytes, data.sha256))], [], {})
    return place


def prepare(source: Path, out: Path) -> Result:
    return call("vtb-prepare", "vlm", "--input", source, "--output", out, "--val", "0.4", "--workers", "1")


def test_frames_once_and_a_video_in_one_split(tmp_path: Path) -> None:
    done = prepare(artifact(tmp_path / "rooms", "vtb-rooms"), tmp_path / "out")
    assert done.code == 0, done.err
    rows = {
        split: [json.loads(line) for line in (tmp_path / "out" / f"{split}_grpo.jsonl").read_text().splitlines()]
        for split in ("train", "val")
    }
    scenes = {split: {row["id"].split("-")[1] for row in found} for split, found in rows.items()}
    assert all(scenes.values())
    assert not scenes["train"] & scenes["val"]
    every = rows["train"] + rows["val"]
    assert len(every) == SCENES * EACH
    assert all(len(row["images"]) == FRAMES for row in every)
    named = {path for row in every for path in row["images"]}
    with tarfile.open(tmp_path / "out" / "media" / "00000.tar") as packed:
        assert set(packed.getnames()) == named
    assert len(named) == SCENES * FRAMES
    said = [rewards()["vsi"].parts(f"<answer>{number}</answer>", every[0])["score"] for number in (3, 4, 9)]
    assert said == [1, pytest.approx(0.4), 0]


def test_the_benchmark_itself_is_refused(tmp_path: Path) -> None:
    refused = prepare(artifact(tmp_path / "vsi", "vsi-bench"), tmp_path / "out")
    assert refused.code == 3
    assert "is one of vsi-bench itself, which no model may learn from" in refused.err
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_kinds(tmp_path: Path) -> None:
    assert read_manifest(str(artifact(tmp_path / "rooms", "vtb-rooms")), ("questions",)).rows == SCENES * EACH
