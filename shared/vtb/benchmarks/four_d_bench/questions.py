"""The questions of 4D-Bench: 4d_qa.json, an object of ``{object}_{number}``.

Known of each are "Answer index" (from 1) and "Category". What the question and its options are called is written
nowhere (the released scripts show the model whatever else there is), so any usual name is taken, in any case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.benchmarks.common.examples import check_keys, example_of, key_of
from vtb.benchmarks.common.picture_question import PictureRecord
from vtb.benchmarks.common.rows import not_empty, read_object, words_of
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.common.video_question import option_words
from vtb.benchmarks.four_d_bench import NAME, SIZES
from vtb.benchmarks.four_d_bench.task import FourDTask
from vtb.benchmarks.registry import Asking
from vtb.errors import BadInput

_LISTS = ("choices", "options", "candidates", "answers")
_SINGLE = re.compile(r"(?:choice|option|answer|candidate)?([a-i]|[1-9])")


def read_published(path: Path) -> list[Asking]:
    """All questions of a file, in its order.

    Raises:
        BadInput: the file cannot be read, or an entry is no question; the message has its name.
    """
    found = [_asking(name, row, f"{path}: {name[:60]}") for name, row in read_object(path).items()]
    not_empty(found, path)
    check_keys((one.example.key for one in found), path)
    return found


def category_of(words: str, where: str) -> str:
    """The task of a category, such as "Object Counting".

    Raises:
        BadInput: it is none of the five.
    """
    found = [name for name in SIZES if name in words.lower()]
    if len(found) != 1:
        raise BadInput(f"{where} has the category {words[:60]!r}: 4D-Bench has {', '.join(SIZES)}")
    return found[0]


def _asking(name: str, row: Any, where: str) -> Asking:
    named, options = _named(row, where), _options(row, where)
    thing = name.partition("_")[0]
    if not re.fullmatch(r"[A-Za-z0-9-]+", thing):
        raise BadInput(f"{where}: its name does not begin with that of an object and _")
    record = PictureRecord(
        question=words_of(named, ("question",), f"{where}: the entry"), options=option_words(options, where),
        answer=_letter(named, len(options), where), pictures=(thing,),
        category=words_of(named, ("category",), f"{where}: the entry"),
    )  # fmt: skip
    task = FourDTask(category_of(record.category, where))
    try:
        return Asking(example_of(NAME, task, record, key_of(NAME, name)), thing)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


def _named(row: Any, where: str) -> dict[str, Any]:
    """The fields by their names in small letters and digits."""
    if not isinstance(row, Mapping):
        raise BadInput(f"{where} is no question: it has no fields")
    return {_plain(name): value for name, value in row.items()}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _letter(named: Mapping[str, Any], options: int, where: str) -> str:
    index = named.get("answerindex")
    if not isinstance(index, int) or isinstance(index, bool) or not 1 <= index <= options:
        raise BadInput(f"{where} has the answer index {str(index)[:20]}: give a number from 1 to {options}")
    return LETTERS[index - 1]


def _options(row: Any, where: str) -> Sequence[str]:
    """A list, an object by letter or number, or a field for each."""
    named = _named(row, where)
    listed = next((named[name] for name in _LISTS if name in named), None)
    if isinstance(listed, (list, tuple)):
        every = list(listed)
    else:
        fields = _named(listed, where) if isinstance(listed, Mapping) else named
        single = {match[1]: value for name, value in fields.items() if (match := _SINGLE.fullmatch(name))}
        every = [single[mark] for mark in sorted(single)]
    if not every or not all(isinstance(one, (str, int, float)) for one in every):
        there = ", ".join(map(str, row))[:200]
        raise BadInput(f"{where} has no options: neither {', '.join(_LISTS)} nor a field for each (A, option 1, "
                       f"choice A); it has {there}")  # fmt: skip
    return [str(one) for one in every]
