r"""The rows of ViRL39K: question, ``\boxed{answer}``, pictures, pass rates of two models, category, source, qid."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.benchmarks.common.categories import task_name
from vtb.benchmarks.common.examples import check_keys, example_of, key_of
from vtb.benchmarks.common.listed_options import listed_options, numbered_pictures
from vtb.benchmarks.common.picture_question import PictureRecord
from vtb.benchmarks.common.rows import each_row, paths_of, words_of
from vtb.benchmarks.common.stated_words import LETTERS, closing_brace
from vtb.benchmarks.registry import Asking, LeftOut, ShownPicture
from vtb.benchmarks.virl39k import NAME
from vtb.benchmarks.virl39k.task import TASKS
from vtb.errors import BadInput
from vtb.tasks.example import Example

BRACES, NO_PICTURE, MARKS = "its \\boxed{} does not close", "shows no picture", "names more pictures than it has"
_BOX = "\\boxed{"


@dataclass(frozen=True)
class VirlRow:
    """One row that can be asked and judged.

    Attributes:
        example: the question, without media.
        pictures: paths of what it shows; none where it is words alone.
        category: as published.
        source: where the row is from.
        pass_rate_32b: of the larger model that was trained on it; None where nobody measured it.
        pass_rate_7b: of the smaller one; the same.
        published: its columns, as they were.
    """

    example: Example
    pictures: tuple[str, ...]
    category: str
    source: str
    pass_rate_32b: float | None
    pass_rate_7b: float | None
    published: Mapping[str, Any]


def read_published(path: Path) -> list[Asking | LeftOut]:
    """All rows of a file, in its order; those without a picture, or that cannot be judged, are left out.

    Raises:
        BadInput: as ``read_virl``.
    """
    return [_asking(row, path) for row in read_virl(path)]


def _asking(row: VirlRow | LeftOut, path: Path) -> Asking | LeftOut:
    if isinstance(row, LeftOut):
        return row
    if not row.pictures:
        return LeftOut(f"{path}: {row.example.key}", NO_PICTURE)
    return Asking(row.example, pictures=tuple(map(ShownPicture, row.pictures)))


def read_virl(path: Path) -> list[VirlRow | LeftOut]:
    """All rows of a file, in its order.

    Raises:
        BadInput: the file cannot be read, or a row has not the columns; the message has its number, from 1.
    """
    found = each_row(path, _row)
    check_keys((row.example.key for row in found if isinstance(row, VirlRow)), path)
    return found


def _row(row: Any, number: int, where: str) -> VirlRow | LeftOut:
    question, boxed = words_of(row, ("question",), where), words_of(row, ("answer",), where)
    paths = paths_of(row, "image", where)
    answer = unboxed(boxed)
    if answer is None:
        return LeftOut(where, BRACES)
    text = numbered_pictures(question, len(paths))
    if not text:
        return LeftOut(where, MARKS)
    category, name = str(row.get("category") or ""), row.get("qid")
    key = key_of(NAME, str(number) if name is None else str(name))
    task = TASKS[task_name(NAME, category)]
    example = example_of(NAME, task, record_of(text, answer, paths, category), key)
    rates = [_rate(row.get(column), column, where) for column in ("PassRate_32BTrained", "PassRate_7BBase")]
    return VirlRow(example, paths, category, str(row.get("source") or ""), rates[0], rates[1], row)


def record_of(question: str, answer: str, pictures: tuple[str, ...], category: str) -> PictureRecord:
    """The question; where its words list options and the answer is the letter of one, with these."""
    options = listed_options(question)
    letter = answer.strip("() .")
    listed = len(letter) == 1 and letter in LETTERS[: len(options)]
    said = f"${answer}$" if answer.startswith("[") else answer  # an interval, which is no list of numbers
    return PictureRecord(
        question=question, options=options if listed else (), listed=listed, answer=letter if listed else said,
        pictures=pictures, category=category,
    )  # fmt: skip


def unboxed(answer: str) -> str | None:
    r"""What is in the ``\boxed{...}`` that an answer is; None where its braces do not close, or hold nothing."""
    answer = answer.strip().strip("$").strip()
    if not answer.startswith(_BOX):
        return None if "\\boxed" in answer else answer
    end = closing_brace(answer, len(_BOX))
    inside = None if end is None or answer[end + 1 :].strip(" .$") else answer[len(_BOX) : end].strip()
    return inside or None


def _rate(value: Any, column: str, where: str) -> float | None:
    """A pass rate; the published files have -1 where nobody measured it."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or value == -1:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise BadInput(f"{where}: its {column} is {value!r:.40}: a pass rate is a number from 0 to 1, or -1")
    return float(value)
