"""Messages say in words what Python's own errors say in a name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.command_line import call, run
from stages.eval.answer_folders import put
from vtb.errors import in_words


def test_what_errors_say() -> None:
    assert in_words(KeyError("image")) == "it has no 'image'"
    assert in_words(ValueError("a cell is a whole number")) == "a cell is a whole number"
    assert in_words(RecursionError()) == "RecursionError"


@pytest.mark.parametrize(
    ("name", "content", "line", "says"),
    [
        ("data.json", [{"id": "a"}], ("vtb-prepare", "vlm", "--input", "{t}"), "cannot be used (it has no image)"),
        ("x.json", {"train": []}, ("vtb-gen-arc", "--tasks", "{t}"), "is no ARC task with answers (it has no 'test')"),
        ("manifest.json", {}, ("vtb-prepare", "vlm", "--input", "{t}"), "missing required field `schema`"),
    ],
)  # fmt: skip
def test_missing_fields_are_named(tmp_path: Path, name: str, content: object, line: tuple[str, ...], says: str) -> None:
    put(tmp_path / "in", name, json.dumps(content))
    words = [word.format(t=tmp_path / "in") for word in line]
    done = call(*words, "--workers", "1", "--output", tmp_path / "out")
    assert (done.code, says in done.err) == (3, True), done.err
    assert "KeyError" not in done.err


def test_show_names_a_missing_field(tmp_path: Path) -> None:
    put(tmp_path, "manifest.json", "{}")
    done = run("vtb", "show", tmp_path)
    assert (done.code, "missing required field `schema`" in done.err) == (3, True), done.err
