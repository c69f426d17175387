"""The parts of a model's words in which its answer is looked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

TEXT_TAIL = 50_000  # characters from the end: any answer fits, and a megabyte of noise costs nothing
_MARKED = re.compile(r"<answer>([^<]*)(?:</answer>|$)", re.IGNORECASE)
T = TypeVar("T")


def find_answer(text: str, find: Callable[[str], T | None]) -> T | None:
    """What is found in the last marked answer that has it; where nothing is marked, in the end of the text.

    The questions that ask for thinking first want the answer between ``<answer>`` and ``</answer>``
    (``vtb.formats.swift``); a model may name these marks once more after it.
    """
    tail = text[-TEXT_TAIL:]
    marked = [part for part in _MARKED.findall(tail) if any(character.isalnum() for character in part)]
    return next((found for part in reversed(marked or [tail]) if (found := find(part)) is not None), None)
