"""Lists of whole numbers in a model's words: the cells of a path.

Four forms are as clear as each other, and the last complete one counts: a list in square brackets, a line that is
nothing but numbers, numbered steps, one a line, and numbers alone on their lines.
A chain of arrows within a sentence counts where there is none of
these, a single number in brackets (``[1]`` may be a reference) where there is nothing else.

The benchmark reads the last list in brackets, and nothing without them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from vtb.puzzles.judging.answers.parts import find_answer

ARROW = r"(?:[-=–—]{1,2}>|[→⇒➔➜➝⟶⟹➡])"
_INNERMOST = re.compile(r"\[([^\[\]]*)\]")
_BETWEEN = re.compile(rf"\s*(?:,|;|{ARROW})\s*|\s+")
_CHAIN = re.compile(rf"(?<![\d.-])\d{{1,9}}(?!\d)(?:\s*{ARROW}\s*\d{{1,9}}(?!\.?\d))+")
# A line of its own may have a label, and be set off by Markdown.
_LABEL = re.compile(
    r"(?:[\s>*_`#{\"']|-(?=\s))*(?:[^\W\d][^\d:=]{0,40}"
    r"(?:\(\d{1,4}[^\W\d_ ]*[^\d:=()]{0,20}\)[*_\s]*)?(?:[:=]|\b(?:is|are)\b))?"
    r"[\s*_`$\"'({]*"
)
_BULLET = re.compile(r"\s*(?:[-*•]\s*)?(\d{1,9})[\s,;]*")
_HYPHENS = re.compile(r"\d{1,9}(?:\s*([-–—>])\s*\d{1,9})(?:\s*\1\s*\d{1,9})+")
_COMMENT = re.compile(r"(?:#|//)[^\n]*")
_STEP = re.compile(r"\s*(?:step\s*)?(\d{1,4})\s*[.):|]\s+(?:cell\s*)?(\d{1,9})[\s,.]*", re.IGNORECASE)
_NUMBER = re.compile(r"\"?'?\d{1,9}'?\"?")


def last_list(text: str) -> list[int] | None:
    """The last list of whole numbers in a text, or None."""
    return find_answer(text, _list_in)


def _list_in(part: str) -> list[int] | None:
    clear = sorted([*_bracketed(part), *_lines(part)])
    longer = [numbers for _, numbers in clear if len(numbers) > 1]
    chains = [numbers_of(match[0]) for match in _CHAIN.finditer(part)] if not longer else []
    return next(iter(found for some in (longer, chains, [one for _, one in clear]) for found in some[-1:]), None)


def numbers_of(text: str) -> list[int] | None:
    """The numbers that a text is made of, with one comma, semicolon, arrow or blank between two; else None."""
    text = _COMMENT.sub("", text).strip().removesuffix("\\right").rstrip("\\,; \n")
    words = _BETWEEN.split(text)
    return [int(word.strip("\"'")) for word in words] if all(map(_NUMBER.fullmatch, words)) else None


def _bracketed(part: str) -> Iterator[tuple[int, list[int]]]:
    """Innermost brackets with their places; several beside each other within others are rows or points, no path."""
    matches = list(_INNERMOST.finditer(part))
    beside = {
        index
        for one, (a, b) in enumerate(itertools.pairwise(matches))
        if re.fullmatch(r"[\s,]*", part[a.end() : b.start()]) and "," in part[a.end() : b.start()]
        for index in (one, one + 1)
    }
    for index, match in enumerate(matches):
        if index not in beside and (numbers := numbers_of(match[1])):
            yield match.start(), numbers


def _lines(part: str) -> Iterator[tuple[int, list[int]]]:
    """Lines that are nothing but numbers, and runs of numbered steps."""
    place, steps, before, column = 0, list[int](), 0, list[int]()
    for line in [*part.split("\n"), ""]:
        bullet = _BULLET.fullmatch(line)
        if bullet:
            column.append(int(bullet[1]))
        else:
            if len(column) > 1:
                yield place - 1, column
            column = []
        step = _STEP.fullmatch(line)
        if step and (int(step[1]) == before + 1 or not steps):
            steps.append(int(step[2]))
            before = int(step[1])
        else:
            if len(steps) > 1:
                yield place - 1, steps
            steps, before = ([int(step[2])], int(step[1])) if step else ([], 0)
            if not step and (numbers := _bare(line)):
                yield place, numbers
        place += len(line) + 1


def _bare(line: str) -> list[int] | None:
    """A line of two or more numbers and nothing else but a label."""
    label = _LABEL.match(line)
    rest = line[label.end() :].rstrip(" \t\r.*_`$\"')}") if label else ""
    numbers = numbers_of(re.sub("[-–—>]", ",", rest) if _HYPHENS.fullmatch(rest) else rest)
    return numbers if numbers and len(numbers) > 1 else None
