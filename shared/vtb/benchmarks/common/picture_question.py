"""Questions about pictures that are answered in a few words or by the letter of an option: what their tasks share."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct

from vtb.benchmarks.common.in_words import InWords
from vtb.benchmarks.common.stated_words import (
    LETTERS,
    chosen_letter,
    mentions,
    only_option,
    option_alone,
    says,
    statement,
    states_nothing_else,
)
from vtb.errors import BadInput
from vtb.puzzles.judging.answers import last_answer
from vtb.tasks.score import Score
from vtb.tasks.task import Modality

if TYPE_CHECKING:
    from vtb.media.image import Image

GROUP = "pictures"
Words = Annotated[str, Meta(min_length=1, max_length=20_000)]
_PAIRS = (("yes", "no"), ("true", "false"))


class PictureRecord(Struct, frozen=True, kw_only=True):
    """One question.

    Attributes:
        question: in words, as published; ``[picture 2]`` stands for a picture.
        options: their words, without letters; empty where there are none, or the picture shows them.
        listed: whether the question's own words list the options already.
        answer: the right one: the letter of an option, or a few words.
        pictures: what tells the pictures apart from others: paths, hashes, or the name of the video that they are of.
        category: as the benchmark groups its questions.
    """

    question: Words
    options: Annotated[tuple[Words, ...], Meta(max_length=len(LETTERS))] = ()
    listed: bool = False
    answer: Annotated[str, Meta(min_length=1, max_length=4000)]
    pictures: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    category: Annotated[str, Meta(max_length=200)] = ""

    @property
    def by_letter(self) -> bool:
        """Whether the letter of an option is asked for."""
        return bool(self.options) or (len(self.answer) == 1 and self.answer in LETTERS)


class PictureTask(InWords[PictureRecord]):
    """One kind of such questions.

    ``strict``: the stated answer is the right one, written in any usual way; of an option its letter or its words, as
    our grammar reads them. ``tolerant``: the statement may be a sentence around the answer; of an option the one whose
    letter or words occur alone.
    """

    group = GROUP
    by_choice = True
    payload_class = PictureRecord
    last_line = ""  # the benchmark's own closing

    def __init__(self, name: str) -> None:
        """By its name in examples."""
        self.name = name

    def validate(self, record: PictureRecord) -> None:
        """Refuse an answer that is no option."""
        if record.options and record.answer not in tuple(LETTERS[: len(record.options)]):
            raise BadInput(f"has the answer {record.answer[:60]!r}, which is the letter of no option")

    def identity(self, record: PictureRecord) -> str:
        """By the words and the pictures."""
        asked = [record.question, *record.options, "", *record.pictures]
        return f"{self.name}/{hashlib.sha256(msgspec.json.encode(asked)).hexdigest()}"

    def split_key(self, record: PictureRecord) -> str:
        """The pictures."""
        return "/".join(record.pictures) or self.identity(record)

    def ask(self, record: PictureRecord, modality: Modality) -> str:
        """The question, and its options where its own words do not list them."""
        listed = [] if record.listed else [f"{a}. {b}" for a, b in zip(LETTERS, record.options, strict=False)]
        return "\n".join((record.question, *(("Options:", *listed) if listed else ())))

    def closing(self, record: PictureRecord) -> str:
        """The benchmark's own."""
        return self.last_line

    def answer(self, record: PictureRecord) -> str:
        """As the benchmark gives it."""
        return record.answer

    def blind(self, record: PictureRecord) -> float | None:
        """Chance, where the options are known."""
        return 1 / len(record.options) if record.options else None

    def frequent_answer(self, answers: Sequence[str]) -> float:
        """How often the most frequent right answer is right."""
        return Counter(answers).most_common(1)[0][1] / len(answers)

    def score_text(self, record: PictureRecord, text: str, puzzle: Image | None = None) -> Score:
        """By both readings."""
        choice = self._choice(record, text)
        strict = _is_right(record, choice) or (not record.by_letter and says(text, record.answer))
        tolerant = strict or self._leniently(record, text)
        reason = "solved" if strict else "not in the form that is asked for" if tolerant else _why(choice)
        return Score(strict, tolerant, reason, self.details(record, text), record.answer if strict else choice)

    def details(self, record: PictureRecord, text: str) -> dict[str, Any]:
        """Further measurements; the base has none."""
        return {}

    def _choice(self, record: PictureRecord, text: str) -> str | None:
        """A letter; of two words such as yes and no, the one that is named; else the statement itself."""
        if record.by_letter:
            return chosen_letter(text, record.options)
        right = record.answer.lower()
        pair = next((pair for pair in _PAIRS if right in pair), None)
        if pair is None:
            stated = statement(text)
            return None if stated is None or len(stated) > 200 else stated
        said = last_answer(text, pair)
        return record.answer if said == right else said

    def _leniently(self, record: PictureRecord, text: str) -> bool:
        if not record.by_letter:
            return mentions(text, record.answer)
        return only_option(text, record.options) == record.answer

    def reward_text(self, record: PictureRecord, text: str) -> Score:
        """Only a text that is nothing but the answer states one; its choice is then all of the text."""
        stated, line = statement(text), text.strip()
        if stated is None or "\n" in line or not states_nothing_else(line, stated):
            return Score(False, False, "states no answer, or more than one")
        if record.by_letter and option_alone(stated, record.options) is None:
            return Score(False, False, "states no option")
        score = self.score_text(record, text)
        return Score(score.strict, score.tolerant, score.reason, {}, line)


def _is_right(record: PictureRecord, choice: str | None) -> bool:
    """An option in the words of the right one is right, too: published questions have such."""
    if choice == record.answer:
        return True
    words = dict(zip(LETTERS, record.options, strict=False))
    return choice in words and words[choice] == words[record.answer]


def _why(choice: str | None) -> str:
    return "no answer can be read" if choice is None else "wrong"
