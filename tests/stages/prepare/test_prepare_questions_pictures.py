"""``vtb-prepare questions`` for benchmarks about pictures, which lie in a folder or an archive."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call
from stages.prepare.picture_questions import COMT, PICTURES, ask, draw, good, lines, tarred, zipped
from vtb.artifact import read_manifest
from vtb.datasets.readers import chunks, describe_input, read_chunk
from vtb.media.image import decode_image


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("pictures")
    lines(base / "TEST.jsonl", COMT)
    draw(base / "data", PICTURES)
    return base


@pytest.fixture(scope="module")
def comt(world: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("comt") / "out"
    return good(ask("comt", world / "TEST.jsonl", out, "--images", world / "data"))


def test_pictures_are_kept_as_they_were_published(world: Path, comt: str) -> None:
    (chunk,) = chunks(describe_input(comt, ("questions",)))
    found = list(read_chunk(chunk))
    assert [one.key for one in found] == ["comt-1", "comt-2", "comt-3", "comt-4"]
    assert [len(one.asked) for one in found] == [1, 1, 1, 2]
    assert all(shown.kind == "image" for one in found for shown in one.asked)
    assert found[3].asked[0].files[0] == (world / "data" / PICTURES[3]).read_bytes()
    assert found[3].asked[1].files == found[0].asked[0].files
    manifest = read_manifest(comt, ("questions",))
    assert manifest.plan.config == {"seed": 42, "benchmark": "comt"}
    assert manifest.metrics == {"questions": 4, "bad": [], "left_out": {}}


@pytest.mark.parametrize("pack", [tarred, zipped])
def test_the_same_bytes_from_an_archive(world: Path, comt: str, tmp_path: Path, pack: Any) -> None:
    archive = pack(world / "data", tmp_path / "pictures.bin")
    out = good(ask("comt", world / "TEST.jsonl", tmp_path / "out", "--images", archive))
    assert [shard.sha256 for shard in read_manifest(out).shards] == [s.sha256 for s in read_manifest(comt).shards]
    assert [entry.digest for entry in read_manifest(out).plan.inputs] == [
        entry.digest for entry in read_manifest(comt).plan.inputs
    ]


def test_missing_and_damaged_pictures_are_counted_and_refused(world: Path, tmp_path: Path) -> None:
    draw(tmp_path / "data", PICTURES[:3])
    (tmp_path / "data" / PICTURES[1]).write_bytes(b"no picture")
    refused = ask("comt", world / "TEST.jsonl", tmp_path / "out", "--images", tmp_path / "data")
    assert refused.code == 5
    assert "1 of 4 questions lack a picture" in refused.err
    assert "images_comt/selection/4.png" in refused.err
    more = ask("comt", world / "TEST.jsonl", tmp_path / "out", "--images", tmp_path / "data", "--max-bad", "0.25")
    assert more.code == 5
    assert "2 of 4 questions lack a picture, or show a damaged one" in more.err
    kept = ask("comt", world / "TEST.jsonl", tmp_path / "out", "--images", tmp_path / "data", "--max-bad", "0.5")
    metrics = read_manifest(good(kept)).metrics
    assert metrics["questions"] == 2
    assert len(metrics["bad"]) == 2


def test_the_wrong_folder_is_told(world: Path, tmp_path: Path) -> None:
    refused = ask("comt", world / "TEST.jsonl", tmp_path / "o", "--images", world / "data" / "images_comt")
    assert refused.code == 5
    assert f"give {world / 'data'}" in refused.err


def test_an_archive_with_a_path_that_leads_out_is_refused(world: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        tar.add(world / "data" / PICTURES[0], arcname=PICTURES[0])
        tar.add(world / "data" / PICTURES[0], arcname="../out.png")
    refused = ask("comt", world / "TEST.jsonl", tmp_path / "o", "--images", tmp_path / "bad.tar")
    assert refused.code == 3
    assert "leads out" in refused.err
    assert not (tmp_path.parent / "out.png").exists()


@pytest.mark.parametrize(
    ("benchmark", "more", "said"),
    [
        ("comt", (), "--images: comt asks about pictures: give where they lie"),
        ("comt", ("--images", ".", "--videos", "."), "--videos: comt asks about pictures: leave it out"),
        ("comt", ("--images", ".", "--frames", "3"), "--frames: comt asks about pictures: leave it out"),
        ("mmmu", ("--images", "."), "--images: mmmu asks about pictures in its file of questions: leave it out"),
        ("vsi-bench", (), "--videos: vsi-bench asks about videos: give where they lie"),
        ("vsi-bench", ("--videos", ".", "--images", "."), "--images: vsi-bench asks about videos: leave it out"),
    ],
)
def test_options_that_do_not_go_together(
    world: Path, tmp_path: Path, benchmark: str, more: tuple[str, ...], said: str
) -> None:
    refused = ask(benchmark, world / "TEST.jsonl", tmp_path / "o", *more)
    assert refused.code == 2
    assert said in refused.err


def test_a_benchmark_is_nothing_to_learn_from(comt: str, tmp_path: Path) -> None:
    refused = call("vtb-prepare", "vlm", "--input", comt, "--output", tmp_path / "o", "--workers", "1")
    assert refused.code == 3
    assert "which no model may learn from" in refused.err


def test_a_picture_can_be_decoded_from_the_artifact(comt: str) -> None:
    (chunk,) = chunks(describe_input(comt, ("questions",)))
    assert decode_image(next(iter(read_chunk(chunk))).asked[0].files[0]).shape == (48, 64, 3)
