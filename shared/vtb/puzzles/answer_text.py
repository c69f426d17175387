"""The part of a model's words in which its answer is looked for."""

from __future__ import annotations

TEXT_TAIL = 50_000  # characters from the end: any answer fits, and a megabyte of noise costs nothing
OPEN, CLOSE = "<answer>", "</answer>"


def final_part(text: str) -> str:
    """What stands after the last ``<answer>``, up to its end where it has one; without such, the end of the text.

    The questions that ask for thinking first want the answer there (``vtb.formats.swift``).
    """
    tail = text[-TEXT_TAIL:]
    _, tag, marked = tail.rpartition(OPEN)
    return marked.partition(CLOSE)[0] if tag else tail
