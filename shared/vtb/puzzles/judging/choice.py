"""Answers in words from a fixed vocabulary, with or without lettered options."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vtb.puzzles.judging.text import find_answer

LETTERS = "ABCDEFGH"
_SPACE = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """Lower case, words separated by single blanks, no punctuation."""
    return _SPACE.sub(" ", text.lower()).strip()


def last_answer(text: str, vocabulary: Sequence[str], options: Sequence[str] = ()) -> str | None:
    """The last answer that a text names: in the words of the vocabulary, or by the letter of an option.

    A letter stands alone and is a capital, or in brackets, because "a" is also a word.
    """
    return find_answer(text, lambda part: _last_named(part, vocabulary, options))


def _last_named(tail: str, vocabulary: Sequence[str], options: Sequence[str]) -> str | None:
    words = [r"[\W_]+".join(map(re.escape, word.split())) for word in sorted(vocabulary, key=len, reverse=True)]
    pattern = rf"(?<![a-z0-9])({'|'.join(words)})(?![a-z0-9])"
    named = [(match.start(), normalise(match[1])) for match in re.finditer(pattern, tail, re.IGNORECASE)]
    letters = LETTERS[: len(options)]
    if letters:
        lone = rf"(?<![\w'])([{letters}])(?![\w'])|(?<=\()([{letters.lower()}])(?=\))"
        named += [
            (match.start(), options[letters.index((match[1] or match[2]).upper())]) for match in re.finditer(lone, tail)
        ]
    return max(named)[1] if named else None


def listed(options: Sequence[str]) -> str:
    """The options with their letters, for a prompt."""
    return ", ".join(f"({letter}) {option}" for letter, option in zip(LETTERS, options, strict=False))
