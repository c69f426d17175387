"""Grids of colors in a model's words: the output of an ARC task.

The last complete grid counts: rows in brackets within brackets, bracketed rows one a line, or lines of digits with or
without blanks, commas or the strokes of a table between them. Line numbers before rows are passed over. A grid that is
cut off, has rows of several lengths or colors beyond 9 is not complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vtb.formats.arc import Grid, grid
from vtb.puzzles.judging.answers.numbers import numbers_of
from vtb.puzzles.judging.answers.parts import find_answer

_BRACKETS = re.compile(r"\[([^\[\]]*)\]|[\[\]]")
_ROW_NUMBER = r"(?:row\s*)?\d{1,2}\s*[:|.)]"
_GAP = re.compile(rf"[\s,]*(?:(?:#|//)[^\n]*\n[\s,]*)?(?:{_ROW_NUMBER}\s*)?", re.IGNORECASE)
_LINE = re.compile(rf"(?:{_ROW_NUMBER}\s+(?=[\d\s,]+$)|\|)?([\d\s,|]*)", re.IGNORECASE)
_TUPLE = re.compile(r"\(([\d\s,]{2,200})\)")
_MATRIX = re.compile(r"\\begin\{(?:[a-zA-Z]?matrix|array)\}(?:\{[^{}]{0,99}\})?([\d\s&\\]*)\\end\{")
_LATEX = re.compile(r"&|\\\\\s*")
_RULE = set("|:- \t\r")  # what the line below the head of a Markdown table is made of


def last_grid(text: str) -> Grid | None:
    """The last complete grid in a text, however it is broken into lines, or None."""
    return find_answer(text, _grid_in)


def _grid_in(part: str) -> Grid | None:
    part = _MATRIX.sub(lambda match: f"\n{_LATEX.sub(_of_latex, match[1])}\n", _TUPLE.sub(r"[\1]", part))
    found = sorted([*_bracketed(part), *_lines(part)])
    return next((cells for _, rows in reversed(found) if (cells := _whole(rows)) is not None), None)


def _of_latex(match: re.Match[str]) -> str:
    return " " if match[0] == "&" else "\n"


def _whole(rows: Sequence[Sequence[int]]) -> Grid | None:
    try:
        return grid(rows)
    except ValueError:  # a number too many or too few, rows of several lengths, colors beyond 9
        return None


def _bracketed(part: str) -> Iterator[tuple[int, list[list[int]]]]:
    """Rows in brackets, with their places: all of them within brackets, or two and more on lines of their own."""
    rows, opened, end, before = list[list[int]](), False, 0, ""
    for token in [*_BRACKETS.finditer(part), None]:
        gap = part[end : token.start()] if token else ""
        joins = _GAP.fullmatch(gap) is not None and gap.count(",") < 2
        row = numbers_of(token[1]) if token and token[1] else None
        if row and rows and joins and (opened or "\n" in gap):
            rows.append(row)
        else:
            closed = bool(token) and token[0] == "]" and joins if token else False
            if rows and (closed if opened else len(rows) > 1 and not closed):
                yield end, rows
            rows, opened = [row] if row else [], before == "[" and joins
        if token:
            end, before = token.end(), token[0][:1] if token[1] is None else ""


def _lines(part: str) -> Iterator[tuple[int, list[list[int]]]]:
    """Runs of two or more lines of digits."""
    rows, place = list[list[int]](), 0
    for line in [*part.split("\n"), "end"]:
        row = _digits(line)
        if row:
            rows.append(row)
        elif not (rows and "--" in line and set(line) <= _RULE):
            if len(rows) > 1:
                yield place, rows
            rows = []
        place += len(line) + 1


def _digits(line: str) -> list[int] | None:
    """The digits of a line; each stands alone, or all of them together."""
    match = _LINE.fullmatch(line.strip(" \t\r>*`_"))
    words = re.split(r"[\s,|]+", match[1].strip(" \t\r,|")) if match else [""]
    if len(words) == 1 and 2 <= len(words[0]) <= 30:
        words = list(words[0])
    return [int(word) for word in words] if all(len(word) == 1 for word in words) else None
