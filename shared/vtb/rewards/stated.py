"""The one answer that a completion states, for rewards: an evaluation looks for what a model meant, a reward must not.

Whoever is rewarded for a reading learns to write what is read. So what counts here is narrower than in
``vtb.puzzles.judging.answers``: the answer stands alone between one pair of answer marks at the end, or, without any
marks, is all that there is after the reasoning. Anything else states nothing: several pairs, words behind the last one,
marks within marks, invisible characters, digits of other scripts, or a text without end.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 50_000  # characters of a completion
LONGEST_ANSWER = 8_000  # a grid of 30 x 30 colors as JSON has 2,700, a path of 1,000 cells 6,000
_MARK = re.compile(r"<\s{0,9}(/?)\s{0,9}answer\s{0,9}>", re.IGNORECASE)
_THOUGHT = re.compile(r"</think(?:ing)?\s*>", re.IGNORECASE)
_TAG = re.compile(r"<\s*[/!a-z|]", re.IGNORECASE)
_ENDS_OF_A_TURN = ("<|im_end|>", "<|endoftext|>")  # which some engines leave in a completion


@dataclass(frozen=True)
class Stated:
    """What a completion states.

    Attributes:
        text: the answer, in plain characters.
        marked: whether it stands between answer marks.
    """

    text: str
    marked: bool


def stated_answer(completion: str) -> Stated | None:
    """The answer that a completion states, or None where it states none or more than one."""
    if len(completion) > LONGEST:
        return None
    completion = _without_end(completion)
    marks = list(_MARK.finditer(completion))
    if not marks:
        return _plain(_THOUGHT.split(completion)[-1], marked=False)
    if [mark[1] for mark in marks] != ["", "/"] or marks[1].end() != len(completion):
        return None
    return _plain(completion[marks[0].end() : marks[1].start()], marked=True)


def _without_end(text: str) -> str:
    before = ""
    while text != before:
        before, text = text, text.rstrip()
        for token in _ENDS_OF_A_TURN:
            text = text.removesuffix(token)
    return text


def _plain(text: str, *, marked: bool) -> Stated | None:
    text = text.strip()
    fits = 0 < len(text) <= LONGEST_ANSWER and not _TAG.search(text)
    return Stated(text, marked) if fits and not any(map(_hides, text)) else None


def _hides(character: str) -> bool:
    """Whether a character is invisible, or a digit that only looks like one to readers of its script."""
    if " " <= character <= "~" or character in "\n\t\r":
        return False
    category = unicodedata.category(character)
    return category in ("Cf", "Cc", "Co", "Cn", "Cs") or category.startswith("N")
