"""Questions as training sets keep them: a conversation, or one text with note, options and closing line in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.benchmarks.vsi_bench.task import LETTERS

_TURNS = ("conversations", "messages")  # LLaVA's, with from and value; ms-swift's, with role and content
_SHOWN = re.compile(r"(?:\s{0,9}<(?:image|video)>)+\s{0,9}")
_HEAD = re.compile(r"\A(?:These are frames of a video\.?|Question:)\s{0,9}\n", re.IGNORECASE)
_CLOSING = re.compile(r"(?:Please answer|Answer with|Answer the question|Select from)\b", re.IGNORECASE)
_OPTION = re.compile(r"\s{0,9}[A-H][.:)]\s{0,9}\S")
_MARKED = re.compile(r"\A\s{0,9}<answer>(.*)</answer>\s{0,9}\Z", re.DOTALL | re.IGNORECASE)


def in_columns(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of a training set with the columns of the benchmark beside its own; those of the benchmark as they are.

    Options that stand in the text are taken out of it, and so is what is written around the question; ``data_source``
    is the data set of the video.
    """
    there = {name: value for name, value in row.items() if value is not None}
    turns: Any = next((there[name] for name in _TURNS if isinstance(there.get(name), list)), [])
    said = [one for one in turns if isinstance(one, Mapping)]
    text = there.get("problem") or _said(said, ("human", "user"))
    if "question" in there or not isinstance(text, str):
        return row
    question, options = split_question(text)
    found = {"question": question, "dataset": there.get("data_source")}
    answer = _said(said, ("gpt", "assistant"))
    return {
        **found,
        **({"ground_truth": answer} if answer else {}),
        **there,
        "options": there.get("options") or options,
    }


def _said(turns: Sequence[Mapping[str, Any]], who: Sequence[str]) -> Any:
    found = (one for one in turns if one.get("from", one.get("role")) in who)
    return next((one.get("value", one.get("content")) for one in found), None)


def split_question(text: str) -> tuple[str, list[str]]:
    """The question of a text alone, and the options in it, where there are some."""
    lines = _HEAD.sub("", _SHOWN.sub("", text, count=1)).strip().split("\n")
    while len(lines) > 1 and (_CLOSING.match(lines[-1].strip()) or not lines[-1].strip()):
        lines.pop()
    first = len(lines)
    while first > 1 and _OPTION.match(lines[first - 1]):
        first -= 1
    options = [line.strip() for line in lines[first:]]
    if [option[0] for option in options] != [*LETTERS[: len(options)]]:
        return "\n".join(lines), []
    head = first - 1 if options and lines[first - 1].strip().lower() in ("options:", "options") else first
    return "\n".join(lines[:head]), [f"{option[0]}. {option[2:].strip()}" for option in options]


def letter_of(answer: str, options: Sequence[str]) -> str:
    """The letter of an answer that is an option's words; any other answer as it is."""
    words = [option[2:].strip().lower() for option in options]
    said = answer.strip().lower()
    return options[words.index(said)][0] if words.count(said) == 1 else answer


def unmarked(answer: str) -> str:
    """An answer without the marks around it."""
    found = _MARKED.match(answer)
    return found[1].strip() if found else answer
