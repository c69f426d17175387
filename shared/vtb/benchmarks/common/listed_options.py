"""The options that stand in the words of a question: ``(A) 60° (B) 70°``, or a line for each."""

from __future__ import annotations

import re

from vtb.benchmarks.common.stated_words import LETTERS

_ITEM = re.compile(r"(?:(?<=\s)|(?<=[,;])|^)(?:\(([A-I])\)|([A-I])[.:)、])\s*", re.MULTILINE)

_MOST = 100  # marks that are looked at, from the end


def listed_options(question: str) -> tuple[str, ...]:
    """The words of the options that a question ends with, in the order of their letters; none where it lists none.

    The list is the last one that begins with A and has at least two items, each marked in the way of the first.
    """
    items = list(_ITEM.finditer(question))[-_MOST:]
    for place in range(len(items) - 1, -1, -1):
        if (items[place][1] or items[place][2]) == "A":
            run = _run(items[place:], bool(items[place][1]))
            if len(run) > 1:
                return _words(question, run)
    return ()


def _run(items: list[re.Match[str]], bracketed: bool) -> list[re.Match[str]]:
    """The items that follow the alphabet, with marks of one kind."""
    found: list[re.Match[str]] = []
    for item in items:
        letter = item[1] or item[2]
        if len(found) < len(LETTERS) and letter == LETTERS[len(found)] and bool(item[1]) == bracketed:
            found.append(item)
    return found


def _words(question: str, run: list[re.Match[str]]) -> tuple[str, ...]:
    ends = [item.start() for item in run[1:]] + [len(question)]
    options = [question[item.end() : end] for item, end in zip(run, ends, strict=True)]
    options[-1] = options[-1].split("\n")[0]
    words = tuple(option.strip(" \t\r\n,;") for option in options)
    return words if all(words) else ()


def numbered_pictures(text: str, pictures: int) -> str | None:
    """A text in which ``<image>`` and ``<image 2>`` have become ``[picture 2]``; None where it names more than that.

    Pictures are shown before the words, in their order: marks at the beginning of the text that stand for all of them
    say nothing more, and go.
    """
    head = re.match(r"\s*(?:<image>\s*)+", text)
    if head and head[0].count("<image>") == pictures and "<image>" not in text[head.end() :]:
        text = text[head.end() :]
    seen = iter(range(1, text.count("<image>") + 1))
    text = re.sub(r"<image>", lambda _: f"[picture {next(seen)}]", text)
    text = re.sub(r"<image[ _](\d{1,3})>", r"[picture \1]", text)
    named = [int(number) for number in re.findall(r"\[picture (\d{1,3})\]", text)]
    return text.strip() if all(1 <= number <= pictures for number in named) else None
