"""The part of a model's words in which its answer is looked for, in plain characters.

What counts, the first that there is:

1. Of a text with reasoning (``<think>``), what follows the reasoning.
2. What stands in answer marks: ``<answer>``, or the box of some models. The prompts of ``vtb.formats.swift`` ask for
   these marks, so they decide against anything later: for lists of cells too, where the benchmark takes the last list
   wherever it is. Of several, the last that can be read counts; marks that hold no answer mean no answer.
3. The end of the text.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import TypeVar

TEXT_TAIL = 50_000  # characters from the end: any answer fits, and a megabyte of noise costs nothing
_MARK = re.compile(r"<(/?)answer\s*>|<\|(begin|end)_of_box\|>", re.IGNORECASE)
_THOUGHT = re.compile(r"</think(?:ing)?\s*>", re.IGNORECASE)
_QUOTES = {"‘": "'", "’": "'", "‚": "'", "‹": "'", "›": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
           "「": '"', "」": '"', "『": '"', "』": '"', "【": "[", "】": "]", "、": ",", "。": ".", "−": "-",
           "🅰": "A", "🅱": "B"}  # fmt: skip
_INVISIBLE = (0xAD, 0xFEFF, 0x2060, 0xFE0F, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_STYLED = (range(0xFF01, 0xFF5F), range(0x1D400, 0x1D800), range(0x24B6, 0x24EA))  # full width, mathematical, circled
_LATIN = {"А": "A", "В": "B", "С": "C", "Е": "E", "Α": "A", "Β": "B", "Ε": "E", "Ϲ": "C"}  # Cyrillic, Greek
# Alone and at the end of something, or after a noun for it: "в", "с" and "а" are words too, that others follow.
_LOOK_ALIKE = re.compile(
    rf"((?i:\b(?:точк|вариант|букв|ответ|σημείο|επιλογή)\w{{0,3}}\s{{1,3}}[\"'(*]{{0,3}}))?"
    rf"(?<![^\W_])([{''.join(_LATIN)}])(?![^\W_])(?(1)|(?!\s+\w))"
)
T = TypeVar("T")


def find_answer(text: str, find: Callable[[str], T | None]) -> T | None:
    """What is found in the part that counts; only the last 50,000 characters of a text are looked at."""
    tail = plain(text[-TEXT_TAIL:])
    after = _THOUGHT.split(tail)[-1]
    tail = after if _says_something(after) else tail
    marked = [part for part in _marked(tail) if _says_something(part)]
    return next((found for part in reversed(marked or [tail]) if (found := find(part)) is not None), None)


def _says_something(part: str) -> bool:
    return any(character.isalnum() for character in part)


def _marked(text: str) -> list[str]:
    """What follows each opening mark, up to the next mark of any kind."""
    marks = list(_MARK.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    opening = [mark[1] == "" or mark[2] == "begin" for mark in marks]
    return [text[mark.end() : end] for mark, end, opens in zip(marks, ends, opening, strict=False) if opens]


def plain(text: str) -> str:
    """Full-width, circled and mathematical characters, quotes and digits of all scripts as ASCII has them.

    Invisible characters go. Character by character: to normalise a whole text takes quadratic time where somebody
    wrote it for that.
    """
    return text if text.isascii() else _LOOK_ALIKE.sub(_latin, text.translate(_plain_characters()))


def _latin(match: re.Match[str]) -> str:
    return f"{match[1] or ''}{_LATIN[match[2]]}"


@functools.cache
def _plain_characters() -> dict[int, str]:
    styled = {code: unicodedata.normalize("NFKC", chr(code)) for some in _STYLED for code in some}
    digits = {
        code: str(unicodedata.decimal(chr(code)))
        for code in range(0x80, 0x1FBFA)
        if unicodedata.decimal(chr(code), None) is not None
    }
    return {**styled, **digits, **dict.fromkeys(_INVISIBLE, ""), **{ord(a): b for a, b in _QUOTES.items()}}
