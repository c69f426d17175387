r"""Lists of moves in a model's words: ``R, R, D``, ``RRD``, right down, arrows, numbered steps, ``\boxed{RRD}``.

What counts, the first that there is: the last box, and nothing where it is cut off; the last line that is labelled as
the answer; the last line, bracket or run of steps that is nothing but two moves and more; a chain of moves within a
sentence; a single move alone. Arrows between moves in letters or words only separate them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vtb.benchmarks.common.stated_words import last_box
from vtb.puzzles.judging.answers.parts import find_answer

_WORDS = {"up": "U", "down": "D", "left": "L", "right": "R"}
_ARROWS = {"↑": "U", "↓": "D", "←": "L", "→": "R", "⬆": "U", "⬇": "D", "⬅": "L", "➡": "R"}
_DIRECTION = r"(?:up|down|left|right)(?:wards?)?"
_LATEX = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\s*\{([^{}]*)\}|\\(?:rightarrow|to)\b|\\[,;:! ]")
_CUT = re.compile(r"[\s,;、，；|/\[\](){}<>'\"`*_$.\\:-]+")
_FILL = frozenset({"then", "and", "move", "go", "moves", "step", "one", "cell"})
_LABEL = re.compile(r"^[\s>*_`#-]*([^\n:=]{0,60}?)(?:[:=]|\b(?:is|are)\b:?)[\s*_`]*", re.IGNORECASE)
_NUMBERED = re.compile(r"^[\s>*_`-]*(?:step\s*)?\d{1,3}\s*[.):]\s*", re.IGNORECASE)
_BRACKETS = re.compile(r"\[([^\[\]\n]*)\]")
_LINK = r"[\s,;]{0,9}(?:(?:->|→|=>|\bthen\b|\band\b|\bgo\b|\bmove\b)[\s,;]{0,9}){0,4}"
_CHAIN = re.compile(rf"\b{_DIRECTION}\b(?:{_LINK}\b{_DIRECTION}\b)+", re.IGNORECASE)
_MOST = 1000  # moves; a longer walk is no plan
Found = tuple[bool, tuple[str, ...]]  # whether it is labelled as the answer, and the moves


def last_moves(text: str) -> tuple[str, ...] | None:
    """The last complete list of moves in a text as the letters U, D, L and R, or None."""
    return find_answer(text, _moves_in)


def _moves_in(part: str) -> tuple[str, ...] | None:
    if "\\boxed" in part:
        box = last_box(part)
        return None if box is None else moves_of(box)
    found = list(_listed(part.replace("**", "")))
    labelled = [moves for answer, moves in found if answer]
    longer = [moves for _, moves in found if len(moves) > 1]
    single = [moves for _, moves in found]
    chains = [moves for match in _CHAIN.finditer(part) if (moves := moves_of(match[0]))]
    return next((some[-1] for some in (labelled, longer, chains, single) if some), None)


def moves_of(words: str) -> tuple[str, ...] | None:
    """The moves that some words are made of, all of them; else None."""
    words = _LATEX.sub(lambda match: f" {match[1] or ' → '} ", words).replace("->", " → ").replace("=>", " → ")
    for arrow in _ARROWS:
        words = words.replace(arrow, f" {arrow} ")
    tokens = [token for token in _CUT.split(words.replace("\ufe0f", "")) if token]
    spoken = [token for token in tokens if token not in _ARROWS and token.lower() not in _FILL]
    found = [_spoken(token) for token in spoken] if spoken else [_ARROWS[one] for one in tokens if one in _ARROWS]
    moves = tuple("".join(one for one in found if one is not None))
    return moves if moves and None not in found and len(moves) <= _MOST else None


def _spoken(token: str) -> str | None:
    """A direction in words, or letters run together, in capitals or all small."""
    word = re.sub(r"wards?$", "", token.lower())
    if word in _WORDS:
        return _WORDS[word]
    return token.upper() if re.fullmatch(r"[UDLR]+|[udlr]+", token) else None


def _listed(part: str) -> Iterator[Found]:
    """Lines that are nothing but moves, perhaps behind a label; brackets of moves; runs of lines of one move each."""
    run = list[str]()
    for line in [*part.split("\n"), "end"]:
        bare = moves_of(_NUMBERED.sub("", line, count=1))
        if bare and len(bare) == 1:
            run += bare
            continue
        if run:
            yield False, tuple(run)
            run = []
        if bare:
            yield False, bare
        else:
            yield from _in_line(line)


def _in_line(line: str) -> Iterator[Found]:
    label = _LABEL.match(line)
    answer = bool(label and re.search(r"\banswer\b", label[1], re.IGNORECASE))
    rest = moves_of(line[label.end() :]) if label else None
    if rest:
        yield answer, rest
        return
    yield from ((answer, moves) for match in _BRACKETS.finditer(line) if (moves := moves_of(match[1])))
