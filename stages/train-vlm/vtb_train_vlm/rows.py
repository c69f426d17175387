"""The rows to train on, looked at before the engine starts: where their pictures lie, and what their words hold."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from vtb.artifact.model_folder import read_json
from vtb.errors import BadInput

IMAGE, VIDEO = "<image>", "<video>"
# What ms-swift replaces in words, by a picture, a path's content or a list (swift.template.base).
_PLACEHOLDERS = (IMAGE, VIDEO, "<audio>", "<bbox>", "<ref-object>", "<cot-process>", "<start-image>", "<img>")
# Its columns of media: images, rejected_images, video and so on (swift.dataset.preprocessor).
_MEDIA = re.compile(r"(\w+_)?(image|video|audio)s?")
# Its columns of words, tools and settings beside `messages`: nobody here writes them, so nobody has looked at them.
_OTHER_WORDS = re.compile(
    r"(rejected|positive|negative|teacher)_\w+|conversations?|system(_prompt)?|tools|objects|chat_template_kwargs|questions"
)
_ROLES = ("system", "user", "assistant")


def check_rows(path: Path, known: Container[str], special: tuple[str, ...], needs: tuple[str, ...] = ()) -> None:
    """Refuse a row that names a file outside the dataset, or whose words would be more than words to the engine.

    Args:
        path: Rows of ms-swift, one JSON object per line.
        known: The files of the dataset, by their paths below its folder.
        special: Tokens of the model that mark turns and pictures.
        needs: Columns that every row must have.

    Raises:
        BadInput: There is such a row; the message has its number, from 1.
    """
    if not path.is_file():
        raise BadInput(f"{path}: is not there: prepare the dataset again")
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line, object_pairs_hook=_once)
                lacks = [name for name in needs if name not in row]
                problem = f"has no column {lacks[0]}" if lacks else _problem(row, known, special)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                problem = f"is no row of ms-swift ({error!r})"
            if problem:
                raise BadInput(f"{path}: row {number} {problem}: prepare the dataset again")


def special_tokens(model: Path) -> tuple[str, ...]:
    """The tokens of a model that stand for something else than text, as its tokenizer says."""
    path = model / "tokenizer.json"
    content = read_json(path) if path.is_file() else {}
    tokens = content.get("added_tokens") if isinstance(content, dict) else None
    if not isinstance(tokens, list):
        return ()
    marked = [token for token in tokens if isinstance(token, dict) and token.get("special")]
    return tuple(token["content"] for token in marked if isinstance(token.get("content"), str) and token["content"])


def _problem(row: dict[str, Any], known: Container[str], special: tuple[str, ...]) -> str | None:
    for column in (name for name in row if _MEDIA.fullmatch(name)):
        for file in _flat(row[column]):
            if not isinstance(file, str) or file not in known:
                return f"names a file that is not of this dataset ({str(file)[:200]!r} in {column})"
    other = next((name for name in row if _OTHER_WORDS.fullmatch(name)), None)
    if other is not None:
        return f"has a column {other}, which the engine would read as words or settings"
    left = {IMAGE: len(list(_flat(row.get("images")))), VIDEO: len(row.get("videos") or ())}
    for message in row["messages"]:
        role, words = message["role"], message["content"]
        if len(message) > 2 or role not in _ROLES or not isinstance(words, str):
            return "has a turn that is more than the words of the user or the assistant"
        if role == "user":
            for place in left:
                left[place] -= words.count(place)
                words = words.replace(place, "")
        found = next((token for token in (*_PLACEHOLDERS, *special) if token in words), None)
        if found is not None:
            return f"has {found!r} among its words, which is no text to the model"
    return next((f"asks for more than it has ({place} among its words)" for place in left if left[place] < 0), None)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: readers disagree about which of two equal ones counts."""
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name comes twice")
    return content


def _flat(value: Any) -> Iterator[Any]:
    """The files of a column: one, a list, or lists of frames in a list."""
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif value is not None:
        yield value
