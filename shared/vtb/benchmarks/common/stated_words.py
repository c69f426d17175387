r"""The short answer that a model's words state, and the option that they choose.

What counts, the first that there is, in the part of a text that ``vtb.puzzles.judging.answers`` looks at (after the
reasoning, between answer marks): the last ``\boxed{...}``; what follows the last "answer is" or "answer:"; the last
line. A box that is not closed states nothing: the answer was cut off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vtb.benchmarks.common.math_words import same
from vtb.puzzles.judging.answers import last_answer, normalise
from vtb.puzzles.judging.answers.parts import find_answer

LETTERS = "ABCDEFGHI"
_READ = "ABCDEFGH"  # letters that the grammar knows; an I is a word more often
_BOX = re.compile(r"\\boxed\s*\{")
_CUE = re.compile(
    r"\banswers?\b[\"'*_)]{0,4}\s{0,9}(?:(?:is|are|must be|should be|would be)\b\s{0,9}[:=]?|[:=])[\s*_\"']{0,9}"
    r"([^\n]*[^\s.])",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?]\s+(?=[A-Z(])")
_LETTERED = re.compile(r"[(\[]?([A-I])(?:[)\].:]+\s*|\s+|\Z)(.*)", re.DOTALL)
_FILLING = frozenset({"the", "final", "correct", "answer", "is", "option", "choice", "boxed", "text"})
_WORD = re.compile(r"[^\W_]+")
_HEDGES = frozenset({"or", "either", "not", "neither", "nor"})


def statement(text: str) -> str | None:
    """The short answer that a text states, as it is written there; None where it states none."""
    return find_answer(text, _statement_in)


def _statement_in(part: str) -> str | None:
    if "\\boxed" in part:
        return last_box(part)
    part = part.replace("**", "")
    cues = list(_CUE.finditer(part))
    found = cues[-1][1] if cues else next((line for line in reversed(part.split("\n")) if line.strip()), "")
    return _first_sentence(found).strip(" \t\r*_`\"'") or None


def _first_sentence(line: str) -> str:
    """Up to the end of a sentence that another follows; ``A. 70`` is none."""
    cut = next((match for match in _SENTENCE_END.finditer(line) if match.start() > 2), None)
    return line[: cut.start()] if cut else line


def last_box(text: str) -> str | None:
    r"""What is in the last ``\boxed{...}`` of a text; None where there is none, or its braces do not close."""
    opening = [match.end() for match in _BOX.finditer(text)]
    end = closing_brace(text, opening[-1]) if opening else None
    return None if end is None else text[opening[-1] : end].strip() or None


def closing_brace(text: str, start: int) -> int | None:
    """Where the brace closes that was opened before a place; None where it does not. Escaped ones are signs."""
    depth, place = 1, start
    while place < len(text):
        character = text[place]
        if character == "\\":
            place += 1
        elif character in "{}":
            depth += 1 if character == "{" else -1
            if depth == 0:
                return place
        place += 1
    return None


def says(text: str, right: str) -> bool:
    """Whether the stated answer is the right one; of ``x = 70`` the right side counts, too."""
    stated = statement(text)
    return stated is not None and any(same(one, right) for one in _sides(stated, right))


def _sides(stated: str, right: str) -> Sequence[str]:
    return (stated,) if "=" in right or "=" not in stated else (stated, stated.rpartition("=")[2])


def mentions(text: str, right: str) -> bool:
    """The same leniently: the statement may be a sentence that begins or ends with the right answer."""
    stated = statement(text)
    if stated is None or _HEDGES & {word.lower() for word in _WORD.findall(stated)}:
        return False
    words = stated.replace(",", " , ").split() if "," in stated and "," not in right else stated.split()
    ends = [" ".join(some) for count in range(1, 6) for some in (words[:count], words[-count:])]
    return says(text, right) or any(same(end, right) for end in ends)


def chosen_letter(text: str, options: Sequence[str]) -> str | None:
    """The letter of the option that a text chooses: by a stated answer that is one, else as our grammar reads it.

    Args:
        text: the answer.
        options: the words of each, without their letters; empty where the picture shows them.
    """
    stated = statement(text)
    letter = None if stated is None else option_alone(stated, options)
    if letter is not None:
        return letter
    named = _nameable(options)
    said = last_answer(text, named, named or list(_READ))
    letters = dict(zip(map(normalise, named or _READ), LETTERS, strict=False))
    return letters.get(said) if said is not None else None


def _nameable(options: Sequence[str]) -> list[str]:
    """The options by their words, where words tell them apart; else by their letters alone.

    The grammar looks at letters and digits only: it cannot tell -1 from 1, and a number stands for much else.
    """
    plain = [normalise(option) for option in options]
    by_words = len(set(plain)) == len(plain) and all(any(map(str.isalpha, one)) and len(one) > 1 for one in plain)
    return list(options) if by_words else list(_READ[: len(options)])


def option_alone(stated: str, options: Sequence[str]) -> str | None:
    """The option that a statement is, all of it: its letter, its words, or one behind the other.

    Of several options in the same words it is the first.
    """
    stated = stated.strip()
    match = _LETTERED.fullmatch(stated)
    known = LETTERS[: len(options)] if options else _READ
    if match and match[1] in known:
        rest = match[2].strip()
        if not rest or (options and same(rest, options[LETTERS.index(match[1])])):
            return match[1]
    alike = [(option, letter) for letter, option in zip(LETTERS, options, strict=False) if same(stated, option)]
    return alike[0][1] if len(dict(alike)) == 1 else None


def only_option(text: str, options: Sequence[str]) -> str | None:
    """The one option whose letter stands alone in a text, or else whose words do; None where none does, or several.

    So the evaluation kits infer an option before they ask a judge; "A" as a word is taken for a letter.
    """
    words = set(re.split(r"[\s.()\[\],:;!*#{}\"']+", text))
    by_letter = [letter for letter in LETTERS[: len(options)] if letter in words]
    lower = text.lower()
    by_words = [letter for letter, one in zip(LETTERS, options, strict=False) if one.strip() and one.lower() in lower]
    found = by_letter if len(by_letter) == 1 else by_words
    return found[0] if len(found) == 1 else None


def states_nothing_else(text: str, stated: str) -> bool:
    """Whether there is nothing in a text but a statement and words such as "the answer is"."""
    around = text.replace(stated, " ", 1)
    return {word.lower() for word in _WORD.findall(around)} <= _FILLING
