"""The verdicts of the scripts that were released for CoMT, with their mistakes, for figures beside other people's.

Written anew from what they do. ILVR's takes an answer of A for Yes and of B for No, and compares letter by letter. It
looks at the prompt, too, and puts up with no answer that is written in another way; here it sees the answer alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LETTERS = "ABCD"
_MOST = 50_000  # characters from the end
_ILVR_CUES = (r"final\s{0,99}answer\s{0,99}(?:is)?\s{0,99}[:：]\s{0,99}", r"answer\s{0,99}(?:is)?\s{0,99}[:：]\s{0,99}")
_YES, _NO = frozenset({"yes", "true", "a"}), frozenset({"no", "false", "b"})


def ilvr_right(text: str, right: str) -> bool:
    """By ILVR's eval.py: an exact match of what follows the first "answer:", once A and true have become Yes."""
    return _as_yes_or_no(_ilvr_answer(text[-_MOST:].strip())) == _as_yes_or_no(right)


def _ilvr_answer(text: str) -> str:
    for cue in _ILVR_CUES:
        if match := re.search(cue + r"([^\n]+)", text, re.IGNORECASE):
            return match[1].strip().split("\r")[0]
    known = [word for word in re.findall(r"[A-Za-z]+", text.lower()) if word in _YES | _NO]
    return known[0] if len(known) == 1 else text


def _as_yes_or_no(answer: str) -> str:
    answer = answer.strip()
    return "Yes" if answer.lower() in _YES else "No" if answer.lower() in _NO else answer


def comt_right(text: str, options: Sequence[str], right: str) -> bool:
    """By CoMT's evaluate.py: the last ``(X)``, else the last option whose words occur, else the last lone letter."""
    text = text[-_MOST:]
    if "[Answer]" in text:
        text = text.split("ANSWER:")[-1]
    bracketed = re.findall(r"\(([A-Za-z])\)", text)
    if bracketed:
        return bool(bracketed[-1].upper() == right)
    pairs = list(zip(_LETTERS, options, strict=False))
    words = re.sub(r"[\n.,!?]", " ", text).split(" ")
    for found in (
        [letter for letter, option in pairs if option.lower() in text.lower()],
        [letter for letter, _ in pairs if letter in words],
        [letter for letter, _ in pairs if letter.lower() in words],
    ):
        if found:
            return found[-1] == right
    return False
