"""What may lie where a picture, a list of records or an object of a store should: one line, no waiting, no memory."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from contract.command_line import TINY, call, run
from vtb.errors import BadInput
from vtb.regular_file import open_regular
from vtb.store import open_store
from vtb.store.base import ObjectMissing


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 32)


ODD = (pipe, endless, loop, sparse)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset in the folder layout."""
    assert call("vtb-gen-maze", *TINY, "--count", "2", "--layout", "folder", "--output", tmp_path / "f").code == 0
    (tmp_path / "f" / "manifest.json").unlink()
    return tmp_path / "f"


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("which", ["picture", "records"])
def test_in_a_folder_of_puzzles(odd: object, which: str, folder: Path, tmp_path: Path) -> None:
    (data,) = folder.glob("*/data.json")
    place = data if which == "records" else data.parent / json.loads(data.read_text())[0]["image"]
    place.unlink()
    odd(place)  # type: ignore[operator]
    done = run("vtb-prepare", "vlm", "--input", folder, "--workers", "1", "--output", tmp_path / "out")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("odd", [pipe, endless])
def test_in_a_store(odd: object, tmp_path: Path) -> None:
    odd(tmp_path / "object")  # type: ignore[operator]
    (tmp_path / "folder").mkdir()
    store = open_store(str(tmp_path))
    with pytest.raises(BadInput, match="is no regular file"):
        store.get_bytes("object")
    with pytest.raises(BadInput, match="is no regular file"):
        store.put_file("copy", tmp_path / "object")
    with pytest.raises(ObjectMissing):
        store.get_bytes("folder")


def test_a_folder_where_a_file_belongs_is_named(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=re.escape(str(tmp_path))):
        open_regular(tmp_path)
