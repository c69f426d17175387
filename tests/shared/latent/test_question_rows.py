"""Rows that are asked about in training by reward: what is no question is named with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latents import dataset
from vtb.errors import BadInput
from vtb.latent.questions import read_questions

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ASKED: dict[str, Any] = {
    "messages": [{"role": "user", "content": "<image>Which?"}], "images": ["0.png"], "solution": "1", "id": "a",
    "example": "{}",
}  # fmt: skip
PLANNED: dict[str, Any] = {
    "text_input": "Which?", "image_input": ["0.png"], "original_final_answer": "1", "id": "a", "example": "{}",
}  # fmt: skip


def read(row: Any, place: Path) -> Any:
    (place / "train_grpo.jsonl").write_text(json.dumps(row) + "\n")
    return read_questions(place, "train")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("questions")
    (folder / "0.png").write_bytes((dataset() / "0.png").read_bytes())
    return folder


@pytest.mark.parametrize("row", [ASKED, PLANNED])
def test_both_forms(row: dict[str, Any], place: Path) -> None:
    ((found, whole),) = read(row, place)
    assert (found.question.endswith("Which?"), found.answer, found.images) == (True, "1", (place / "0.png",))
    assert whole == row


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_anything_else_is_named_or_read_as_words(data: st.DataObject, place: Path) -> None:
    row = data.draw(st.sampled_from([ASKED, PLANNED]))
    changed = {**row, data.draw(st.sampled_from(sorted(row))): data.draw(ANYTHING)}
    try:
        ((found, _),) = read(changed, place)
    except BadInput as error:
        assert "train_grpo.jsonl: line 1: is no question" in str(error)  # noqa: PT017  most are
        return
    assert all(isinstance(words, str) for words in (found.id, found.question, found.answer, found.example))
    assert all(path.is_file() for path in found.images)
