"""The rows of published questions about moving things, whichever form of the DSR Suite a file has.

``qa_pairs.json``: lists of questions by video (Type, Question, A to D, Correct; the free-form ones without Type).
``train_qas.json``: a list of conversations of two turns, the options behind the question. ``train_qa_pairs``: a row for
each question, as JSON, JSON lines or parquet. Names of columns count whatever their case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vtb.benchmarks.common.rows import read_object, read_rows, read_text
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.errors import BadInput

PLACE = "<video>"
_LINE = re.compile(r"\s*([A-I])[.):]?\s+(\S.*)")
Fields = Mapping[str, Any]
Numbered = tuple[str, Any]  # how a message names a row, and what it holds


def read_forms(path: Path) -> list[Numbered]:
    """Every row of a file with its number, from 1, in the file's order.

    Raises:
        BadInput: the file cannot be read, or is neither a list nor lists by video.
    """
    if path.suffix in (".parquet", ".jsonl") or not read_text(path).lstrip("\ufeff \t\r\n").startswith("{"):
        return [(f"{path}: row {number}", row) for number, row in enumerate(read_rows(path), start=1)]
    return [
        (f"{path}: row {number} (of {name[:80]!r})", {**_columns(one), "video": name})
        for number, (name, one) in enumerate(_pairs(read_object(path)), start=1)
    ]


def _pairs(content: Fields) -> Iterator[tuple[str, Any]]:
    for name, listed in content.items():
        yield from ((name, one) for one in (listed if isinstance(listed, list) else [listed]))


def _columns(row: Any) -> Fields:
    return row if isinstance(row, Mapping) else {}


def columns_of(row: Any, where: str) -> Fields:
    """The columns of a row by their names in lower case; of a conversation those that its words amount to.

    Raises:
        BadInput: it has no columns, two of one name that differ, or its conversation is none of a question and an
            answer.
    """
    if not isinstance(row, Mapping):
        raise BadInput(f"{where} is no question: it has no columns")
    fields: dict[str, Any] = {}
    for name, value in row.items():
        known = fields.setdefault(str(name).lower(), value)
        if known is not value and known != value:
            raise BadInput(
                f"{where} has two columns {str(name).lower()[:60]!r} that say different things: leave one out"
            )
    return {**fields, **_spoken(fields["conversations"], where)} if "conversations" in fields else fields


def _spoken(turns: Any, where: str) -> Fields:
    """What is asked and answered in two turns."""
    found = turns if isinstance(turns, list) else []
    said = [turn["value"] for turn in found if isinstance(turn, Mapping) and isinstance(turn.get("value"), str)]
    if not len(said) == len(found) == 2:
        raise BadInput(f"{where}: its conversation is not a question and an answer, each with its value")
    asked = said[0].strip().removeprefix(PLACE).strip()
    question, mark, listed = asked.rpartition("\nOptions:\n")
    if not mark:
        return {"question": asked, "answer": said[1]}
    return {"question": question.strip(), "options": _listed(listed, where), "answer": said[1]}


def _listed(lines: str, where: str) -> list[str]:
    """The words of options that stand behind their letters, a line each."""
    found = [_LINE.fullmatch(line) for line in lines.split("\n") if line.strip()]
    letters = [match[1] for match in found if match]
    if len(letters) != len(found) or letters != list(LETTERS[: len(found)]):
        raise BadInput(f"{where}: behind Options: there is not a line for each letter from A on")
    return [match[2].strip() for match in found if match]
