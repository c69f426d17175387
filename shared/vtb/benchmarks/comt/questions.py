"""The questions of CoMT, in the form in which ILVR trains and tests (TEST.jsonl) or in the original (data.jsonl)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.benchmarks.common.examples import check_keys, example_of, key_of
from vtb.benchmarks.common.listed_options import listed_options, numbered_pictures
from vtb.benchmarks.common.math_words import same
from vtb.benchmarks.common.rows import each_row, paths_of, words_of
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.comt import CATEGORIES, NAME
from vtb.benchmarks.comt.task import ComtRecord, ComtTask
from vtb.benchmarks.registry import Asking, ShownPicture
from vtb.errors import BadInput

_ENTRY = re.compile(r"IMAGE\d+\s*:\s*", re.IGNORECASE)  # "IMAGE0:10003", as the original names its pictures
PLAN = "sequence_plan"


def read_published(path: Path) -> list[Asking]:
    """All questions of a file, in its order.

    Raises:
        BadInput: the file cannot be read, or a row is no question; the message has its number, from 1.
    """
    found = each_row(path, read_row)
    check_keys((asking.example.key for asking in found), path)
    return found


def read_row(row: Any, number: int, where: str) -> Asking:
    """One question; a row of a training file has a plan, which nobody is shown.

    Raises:
        BadInput: it is none.
    """
    if not isinstance(row, Mapping):
        raise BadInput(f"{where} is no question: it has no columns")
    original = "text_input" not in row and "question" in row
    text = words_of(row, ("question",) if original else ("text_input",), where)
    category = _category(row, where)
    paths = _original_paths(row, category, where) if original else paths_of(row, "image_input", where)
    if not paths:
        raise BadInput(f"{where} shows no picture")
    question = numbered_pictures(text, len(paths))
    if not question:
        raise BadInput(f"{where}: its words name more pictures than its {len(paths)}, or nothing else")
    record = (_original if original else _processed)(row, question, category, paths, where)
    name = row.get("id")
    key = key_of(NAME, str(number) if name is None else str(name))
    try:
        example = example_of(NAME, ComtTask(category), record, key)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
    return Asking(example, pictures=tuple(ShownPicture(path) for path in paths))


def _category(row: Mapping[str, Any], where: str) -> str:
    """The column ``type``, or the folder on the way to a picture."""
    said = row.get("type")
    images = row.get("image_input")
    places = [said] if isinstance(said, str) else [images] if isinstance(images, str) else images or ()
    parts = [part.lower() for place in places for part in re.split(r"[\\/]", str(place))]
    found = next((part for part in parts if part in CATEGORIES), None)
    if found is None:
        raise BadInput(f"{where}: neither its type nor the path of a picture names one of {', '.join(CATEGORIES)}")
    return found


def _original_paths(row: Mapping[str, Any], category: str, where: str) -> tuple[str, ...]:
    """``images/CATEGORY/ID.png``: the entries name a picture by its id alone, or by a path."""
    names = [_ENTRY.sub("", name, count=1) for name in paths_of(row, "image", where)]
    named = [name if re.search(r"\.\w{2,5}$", name) else f"{name}.png" for name in names]
    return tuple(name if "/" in name else f"images/{category}/{name}" for name in named)


def _original(row: Mapping[str, Any], question: str, category: str, paths: tuple[str, ...], where: str) -> ComtRecord:
    options = row.get("option")
    answer = words_of(row, ("answer",), where).strip("() .").upper()
    if not isinstance(options, (list, tuple)) or not options:
        raise BadInput(f"{where} has no list of options (option)")
    if len(options) > len(LETTERS):
        raise BadInput(f"{where} has {len(options)} options, more than {len(LETTERS)}")
    said = tuple(numbered_pictures(str(option), len(paths)) or str(option) for option in options)
    return ComtRecord(
        question=question, options=said, answer=answer, pictures=paths, category=category, published=answer,
        released="comt",
    )  # fmt: skip


def _processed(row: Mapping[str, Any], question: str, category: str, paths: tuple[str, ...], where: str) -> ComtRecord:
    """Where the words list options and one of them is right, its letter is the answer; else the words are."""
    published = words_of(row, ("original_final_answer",), where)
    options = listed_options(question)
    letter = _letter(published, options)
    return ComtRecord(
        question=question, options=options if letter else (), listed=bool(letter), answer=letter or published,
        pictures=paths, category=category, published=published, released="ilvr",
    )  # fmt: skip


def _letter(published: str, options: tuple[str, ...]) -> str | None:
    plain = published.strip("() .").upper()
    if len(plain) == 1 and plain in LETTERS[: len(options)]:
        return plain
    alike = [letter for letter, option in zip(LETTERS, options, strict=False) if same(option, published)]
    return alike[0] if len(alike) == 1 else None
