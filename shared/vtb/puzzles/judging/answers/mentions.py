"""Where a model's words name an option or a value, and what is said of it there.

Every mention is looked at with the few words before and behind it: whether they put it forward as the answer, rule it
out, ask about it, or set it beside another (``A or B``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vtb.puzzles.judging.answers import phrases

LAST = 400  # mentions that are looked at, from the end
WINDOW = 60  # characters on either side of a mention
_SPACE = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Mention:
    """One place where something is named.

    Attributes:
        start: of it in the text.
        end: of it.
        meaning: the letter of an option, or a value.
        by_word: whether a word names it and not a letter.
        cued: whether the words around put it forward as the answer.
        asked: whether a question mark follows.
        out: whether it is ruled out.
        item: whether it is the letter before an item of a listing.
    """

    start: int
    end: int
    meaning: str
    by_word: bool
    cued: bool
    asked: bool
    out: bool
    item: bool


@dataclass(frozen=True)
class Names:
    """What can be named: capital letters of options with what they stand for, and words with theirs.

    Words are lower case with single blanks.
    """

    letters: Mapping[str, str]
    words: Mapping[str, str]

    def pattern(self) -> re.Pattern[str]:
        """Matches a mention: group 1 a word, 2 a capital letter, 3 a small one."""
        longest = sorted(self.words, key=len, reverse=True)
        words = "|".join(r"[\W_]+".join(map(re.escape, word.split())) for word in longest)
        letters = "".join(self.letters)
        parts = [rf"(?<![A-Za-z0-9])((?i:{words}))(?![A-Za-z0-9])"] if words else ["((?!))"]
        parts += [phrases.alone(letters), phrases.alone(letters.lower())] if letters else ["((?!))"] * 2
        return re.compile("|".join(parts))


def clusters(text: str, names: Names) -> list[list[Mention]]:
    """The mentions of a text in order, those that are set beside each other together; listings are left out."""
    found = [_mention(text, match, names) for match in list(names.pattern().finditer(text))[-LAST:]]
    grouped: list[list[Mention]] = []
    for mention in _without_listing(text, [mention for mention in found if mention is not None]):
        if grouped and _beside(text, grouped[-1][-1], mention):
            grouped[-1].append(mention)
        else:
            grouped.append([mention])
    return grouped


def _mention(text: str, match: re.Match[str], names: Names) -> Mention | None:
    """None for an article, and for a small letter that is neither in brackets nor ends a sentence as the answer."""
    start, end = match.span()
    before, behind = text[max(0, start - WINDOW) : start], text[end : end + WINDOW]
    cued = _fills_its_line(before, behind) or bool(phrases.PUT_FORWARD.search(before)) or _opens(text, match)
    bracketed = before.endswith("(") and behind.startswith(")")
    if match[3] and not bracketed and not (cued and phrases.SENTENCE_END.match(behind)):
        return None
    if match[2] == "A" and (phrases.ARTICLE.match(behind) or phrases.ANSWER_SHORT.match(behind)):
        return None
    return Mention(
        start=start,
        end=end,
        meaning=_meaning(match, names),
        by_word=bool(match[1]),
        cued=cued or bool(phrases.CONFIRMED.match(behind)),
        asked=bool(phrases.ASKED.match(behind)),
        out=bool(phrases.RULED_OUT_BEFORE.search(before) or phrases.RULED_OUT_BEHIND.match(behind)),
        item=bool(match[2] and phrases.ITEM_BEFORE.search(before) and phrases.ITEM_BEHIND.match(behind)),
    )


def _meaning(match: re.Match[str], names: Names) -> str:
    if match[1]:
        return names.words[normalise(match[1])]
    return names.letters[(match[2] or match[3]).upper()]


def normalise(text: str) -> str:
    """Lower case, words separated by single blanks, no punctuation."""
    return _SPACE.sub(" ", text.lower()).strip()


def _fills_its_line(before: str, behind: str) -> bool:
    """Whether there is nothing else to read on a mention's line but a word like "option"."""
    line = f"{before.rpartition(chr(10))[2]} {behind.partition(chr(10))[0]}".replace("_", " ")
    line = phrases.NOUN.sub("", line)
    return not any(character.isalnum() for character in line)


def _opens(text: str, match: re.Match[str]) -> bool:
    """Whether a text begins with the mention as a sentence ("D. The ray from A to B meets it"), and no list does so."""
    if not match[2] or not phrases.SENTENCE_BEHIND.match(text, match.end()):
        return False
    return not any(character.isalnum() for character in text[: match.start()]) and not phrases.ITEM.search(
        text, match.end()
    )


def _without_listing(text: str, found: Sequence[Mention]) -> list[Mention]:
    """Without what stands on lines that go through three options and more, unless it is put forward there."""
    items = [mention for mention in found if mention.item]
    if len({mention.meaning for mention in items}) < 3:
        return list(found)
    lines = {_line(text, mention) for mention in items}
    return [mention for mention in found if mention.cued or _line(text, mention) not in lines]


def _line(text: str, mention: Mention) -> int:
    return text.rfind("\n", 0, mention.start)


def _beside(text: str, one: Mention, other: Mention) -> bool:
    """Whether two mentions are set beside each other: ``A or B``, ``A, B``, ``A to E``."""
    between = text[one.end : other.start]
    return len(between) <= WINDOW and phrases.BESIDE.fullmatch(between) is not None
