"""The VLMPuzzle layout: where its files are found, and records that lead out of the folder."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from vtb.errors import BadInput
from vtb.formats.vlmpuzzle import data_files, folder_files, folder_record, media_file, media_path, read_records
from vtb.formats.webdataset import Sample
from vtb.puzzles.sample import CLIP, MEDIA, PUZZLE, SOLUTION
from vtb.tasks.example import Example, Figure, Prompts


class Payload(msgspec.Struct, frozen=True):
    """Of a task with one field."""

    walls: tuple[int, ...]


EXAMPLE = Example(
    key="a-1", task="maze_square", prompts=Prompts("words?", "a picture", "a clip"), answer="[1]",
    media=(MEDIA[PUZZLE], MEDIA[SOLUTION]), difficulty=(Figure("size", 9),), payload=Payload((1, 0)),
)  # fmt: skip


def test_records_name_their_files() -> None:
    record = folder_record(EXAMPLE)
    assert (record["id"], record["walls"], record["difficulty"]) == ("a-1", (1, 0), {"size": 9})
    assert (record["prompt"], record["gpt5_prompt"]) == ("a clip", "words?")
    assert record["image"] == "puzzles/a-1_puzzle.png"
    assert record["solution_image_path"] == "solutions/a-1_solution.png"
    assert "solution_video_path" not in record
    assert [medium["name"] for medium in record["media"]] == [record["image"], record["solution_image_path"]]
    with_clip = folder_record(structs.replace(EXAMPLE, media=(*EXAMPLE.media, MEDIA[CLIP])))
    assert with_clip["solution_video_path"] == "solutions/a-1_solution.mp4"


def test_only_media_become_files() -> None:
    sample = Sample("a-1", {"json": b"{}", "puzzle.png": b"P", "solution.png": b"S", "solution.mp4": b"V"})
    files = folder_files(sample, EXAMPLE)
    assert files[media_path("maze_square", "a-1", "puzzle.png")] == b"P"
    assert sorted(files.values()) == [b"P", b"S", b"V"]
    assert all(path.startswith("maze_square/") for path in files)


def test_data_files_lie_in_the_folder_or_one_down(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no VLMPuzzle data\.json"):
        data_files(tmp_path)
    for task in ("b", "a"):
        (tmp_path / task).mkdir()
        (tmp_path / task / "data.json").write_text("[]")
    assert data_files(tmp_path) == [tmp_path / "a" / "data.json", tmp_path / "b" / "data.json"]
    assert data_files(tmp_path / "a") == [tmp_path / "a" / "data.json"]


@pytest.mark.parametrize("content", ["", "{", '{"id": 1}', "[1]", "[" * 200_000, "[NaN"])
def test_anything_but_a_list_of_records_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "data.json").write_text(content)
    with pytest.raises(BadInput, match=r"data\.json"):
        list(read_records(tmp_path / "data.json"))


def test_records_in_another_encoding_are_refused(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_bytes(json.dumps([{"id": "ü"}], ensure_ascii=False).encode("utf-16"))
    with pytest.raises(BadInput, match="cannot be read as JSON"):
        list(read_records(tmp_path / "data.json"))


def test_the_folders_of_the_layout_may_be_links(tmp_path: Path) -> None:
    """Pictures on another disk; what is named must still lie below where the link leads."""
    (folder := tmp_path / "set").mkdir()
    (tmp_path / "disk").mkdir()
    (folder / "puzzles").symlink_to(tmp_path / "disk")
    assert media_file(folder / "data.json", "puzzles/a.png") == tmp_path / "disk" / "a.png"
    (tmp_path / "disk" / "up").symlink_to(tmp_path)
    for path in ("puzzles/../a.png", "puzzles/up/secret.png"):
        with pytest.raises(BadInput, match="leads out of the folder"):
            media_file(folder / "data.json", path)


@pytest.mark.parametrize("path", ["../secret.png", "/etc/passwd", "puzzles/../../secret.png", "link/secret.png"])
def test_media_never_leave_the_folder(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    assert media_file(folder / "data.json", "puzzles/a.png") == folder / "puzzles/a.png"
    with pytest.raises(BadInput, match="leads out of the folder"):
        media_file(folder / "data.json", path)
