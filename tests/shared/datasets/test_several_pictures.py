"""A question shows what its record lists, in its order: in every reader, in curated sets, and in rows of ms-swift."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call, run
from shared.datasets.toy_task import QUESTION, everything, frames, installed, picture, pictures, sample, video, write
from vtb.artifact import read_manifest
from vtb.datasets.readers import chunks, describe_input, read_chunk
from vtb.errors import BadInput
from vtb.formats.webdataset import Sample
from vtb.media.image import decode_image
from vtb.tasks.example import Media, asked_about
from vtb.tasks.registry import decode_example
from vtb_train_vlm.rows import check_rows

KINDS = ("pictures", "frames", "video")


@pytest.fixture(autouse=True, scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with installed(tmp_path_factory.mktemp("site")):
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("toy") / "puzzles", list(everything().values()))


@pytest.fixture(scope="module", params=["shards", "folder"])
def curated(made: Path, request: pytest.FixtureRequest) -> Path:
    out: Path = made.parent / request.param
    words = ("--input", made, "--val", "0", "--test", "0", "--layout", request.param, "--workers", "1")
    done = call("vtb-curate", *words, "--output", out)
    assert done.code == 0, done.err
    return out


def asked(place: Path) -> dict[str, list[tuple[str, tuple[bytes, ...]]]]:
    """What the questions of a place show, by key."""
    every = [loaded for chunk in chunks(describe_input(str(place))) for loaded in read_chunk(chunk)]
    return {loaded.key: [(one.kind, one.files) for one in loaded.asked] for loaded in every}


def wanted() -> dict[str, list[tuple[str, tuple[bytes, ...]]]]:
    files = {key: tuple(list(one.parts.values())[1:]) for key, one in everything().items()}
    alone: dict[str, list[tuple[str, tuple[bytes, ...]]]] = {
        key: [(("image" if key == "pictures" else "video"), (file,)) for file in files[key]] for key in KINDS
    }
    return {**alone, "frames": [("frames", files["frames"])]}


def test_the_reader_carries_all_in_order(made: Path) -> None:
    assert asked(made) == wanted()
    assert [len(files) for _, files in asked(made)["frames"]] == [4]
    (first, *_) = read_chunk(chunks(describe_input(str(made)))[0])
    assert (first.puzzle == decode_image(picture(40))).all()


def test_so_do_curated_sets_of_both_layouts(curated: Path, tmp_path: Path) -> None:
    assert asked(curated) == wanted()
    if curated.name == "folder":
        shutil.copytree(curated / "odd_one", tmp_path / "bare" / "odd_one")  # with data.json alone
        assert asked(tmp_path / "bare") == wanted()
        again = call("vtb-curate", "--input", tmp_path / "bare", "--workers", "1", "--output", tmp_path / "again")
        assert again.code == 0, again.err
        assert asked(tmp_path / "again") == wanted()


def test_show_lists_them(curated: Path) -> None:
    lines = [line.strip() for line in run("vtb", "show", curated).out.splitlines()]
    listed = [line for line in lines if line.startswith("media.")]
    assert listed == [
        "media.room.000.png: puzzle, frame", "media.room.001.png: puzzle, frame", "media.room.002.png: puzzle, frame",
        "media.room.003.png: puzzle, frame", "media.room.mp4: puzzle, video", "media.view-1.png: puzzle, image",
        "media.view-2.png: puzzle, image", "media.view-3.png: puzzle, image",
    ]  # fmt: skip


def test_curated_shards_are_loaded_by_datasets(made: Path, tmp_path: Path) -> None:
    import datasets

    words = ("--input", made, "--val", "0", "--test", "0", "--workers", "1", "--output", tmp_path / "curated")
    assert call("vtb-curate", *words).code == 0
    rows = datasets.load_dataset(str(tmp_path / "curated"), cache_dir=str(tmp_path / "cache"))["train"]
    (row,) = [row for row in rows if row["__key__"].endswith("pictures")]
    assert [row[f"view-{number}.png"].getpixel((0, 63)) for number in (1, 2, 3)] == [(n, n, n) for n in (40, 40, 200)]


@pytest.mark.parametrize(("hurt", "problem"), [(None, "view-3.png is missing"), (b"x", "picture is unreadable")])
def test_curate_looks_at_all_of_them(hurt: bytes | None, problem: str, tmp_path: Path) -> None:
    good = everything()["pictures"]
    parts = {name: data for name, data in good.parts.items() if name != "view-3.png"}
    bad = Sample("bad", parts | ({} if hurt is None else {"view-3.png": hurt}))
    write(tmp_path / "in", [good, bad])
    words = ("--input", tmp_path / "in", "--workers", "1", "--max-bad", "0.5", "--output", tmp_path / "out")
    assert call("vtb-curate", *words).code == 0
    assert read_manifest(str(tmp_path / "out")).metrics["quarantined"] == {problem: 1}
    with pytest.raises(BadInput, match="sample bad cannot be used"):
        asked(tmp_path / "in")


def prepared(made: Path, tmp_path: Path, *keys: str) -> list[dict[str, Any]]:
    """The rows of a dataset of some of the questions, whose media are unpacked."""
    write(tmp_path / "in", [everything()[key] for key in keys])
    words = ("--input", tmp_path / "in", "--val", "0", "--workers", "1", "--output", tmp_path / "dataset")
    done = call("vtb-prepare", "vlm", *words)
    assert done.code == 0, done.err
    with tarfile.open(tmp_path / "dataset" / "media" / "00000.tar") as tar:
        tar.extractall(tmp_path / "dataset", filter="data")
    known = {path.relative_to(tmp_path / "dataset").as_posix() for path in (tmp_path / "dataset").rglob("*")}
    check_rows(tmp_path / "dataset" / "train_sft.jsonl", known, ("<|im_end|>",))
    return [json.loads(line) for line in (tmp_path / "dataset" / "train_sft.jsonl").read_text().splitlines()]


PLACES = {"pictures": "<image><image><image>", "frames": "<video>", "video": "<video>"}


@pytest.mark.parametrize("key", KINDS)
def test_rows_name_them_in_order_with_a_place_for_each(key: str, made: Path, tmp_path: Path) -> None:
    (row,) = prepared(made, tmp_path, key)
    assert row["messages"][0]["content"].startswith(f"{PLACES[key]}{QUESTION}")
    listed = row["images"] if key == "pictures" else row["videos"][0] if key == "frames" else row["videos"]
    files = [(tmp_path / "dataset" / path).read_bytes() for path in listed]
    assert files == list(everything()[key].parts.values())[1:]
    assert (len(row["images"]), len(row.get("videos", []))) == {"pictures": (3, 0)}.get(key, (0, 1))
    assert all(path.endswith(".mp4" if key == "video" else ".png") for path in listed)


@pytest.mark.parametrize("keys", [("pictures",), ("pictures", "frames"), ("video", "pictures")])
def test_rows_are_loaded_by_datasets(keys: tuple[str, ...], made: Path, tmp_path: Path) -> None:
    import datasets

    rows = prepared(made, tmp_path, *keys)
    found = datasets.load_dataset(str(tmp_path / "dataset"), cache_dir=str(tmp_path / "cache"))["train"]
    assert [row["images"] for row in found] == [row["images"] for row in rows]
    assert [row.get("videos", []) for row in found] == [row.get("videos", []) for row in rows]


def test_clips_and_frames_in_one_dataset_are_refused(made: Path, tmp_path: Path) -> None:
    done = call("vtb-prepare", "vlm", "--input", made, "--workers", "1", "--output", tmp_path / "out")
    assert (done.code, "prepare them as two datasets" in done.err) == (3, True), done.err
    assert not (tmp_path / "out" / "plan.json").exists()


def test_frames_of_two_clips_are_two_clips(tmp_path: Path) -> None:
    media = {**frames(10, 20, name="left"), **frames(30, 40, name="right"), **pictures(50)}
    assert [len(group) for group in asked_about(tuple(media))] == [2, 2, 1]
    place = write(tmp_path / "in", [sample("k", media, (1, 2))])
    assert [(kind, len(files)) for kind, files in asked(place)["k"]] == [("frames", 2), ("frames", 2), ("image", 1)]


def test_only_what_has_the_role_is_shown(tmp_path: Path) -> None:
    media = {Media("solution", "image", "solution.png"): picture(1), **video(10, 90, 30), **pictures(5)}
    (shown,) = asked(write(tmp_path / "in", [sample("k", media, (1,))])).values()
    assert [kind for kind, _ in shown] == ["video", "image"]


@pytest.mark.parametrize("name", ["../x.png", "a/b.png", "noending", "a_name_too_long_for_it.png", ""])
def test_names_that_are_no_parts_are_damage(name: str) -> None:
    with pytest.raises(BadInput, match=r"it is no example: .*`\$.media"):
        decode_example(sample("k", {Media("puzzle", "image", name): picture(1)}, (1,)).parts["json"])


def test_frames_of_several_sizes_are_damage(tmp_path: Path) -> None:
    from vtb.media.image import encode_rgb

    media = frames(10, 20)
    media[list(media)[1]] = encode_rgb(decode_image(picture(20))[:32])
    with pytest.raises(BadInput, match="not of one size"):
        asked(write(tmp_path / "in", [sample("k", media, (1,))]))
