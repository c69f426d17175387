"""What a task is: one object that asks about one kind of example and scores answers to it.

The same object serves the generator, the rewards and the evaluation, so they cannot disagree. Everything that it needs
is in an example's payload, whose type it names; nothing is looked up elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from msgspec import Struct

from vtb.tasks.score import Score

if TYPE_CHECKING:  # numpy, which help texts do without
    from vtb.media.image import Image

Modality = Literal["vlm", "image", "video"]
MODALITIES: tuple[Modality, ...] = ("vlm", "image", "video")
ClipFrame = Callable[[], "Image"]  # gives a frame's RGB, which costs as much as decoding it: few are looked at
P = TypeVar("P", bound=Struct)  # a payload: frozen, and decoded from JSON by its types


class Task(ABC, Generic[P]):
    """One kind of example: how it is asked about and how answers are scored.

    Attributes:
        name: of the task, as examples name it.
        group: of the task (``maze``, ``eyeballing``).
        version: raised when the same seed gives another puzzle or picture than before, or the payload changes.
        by_choice: whether an answer is right exactly when its choice is, so that several answers can vote.
        only_grade: what the grade of an answer is called, where answers are never right or wrong; else empty.
        payload_class: what an example of the task holds besides what all examples hold.
    """

    name: str
    group: str
    version: int = 1
    by_choice: bool = False
    only_grade: str = ""
    payload_class: type[P]

    def validate(self, record: P) -> None:
        """Refuse what the payload's types allow but the other methods could not use, with ``BadInput``."""
        return None

    @abstractmethod
    def identity(self, record: P) -> str:
        """A hash that two examples share exactly when they are the same puzzle, however drawn."""

    def split_key(self, record: P) -> str:
        """What examples share that must be in one split: the puzzle, or the video that they ask about."""
        return self.identity(record)

    @abstractmethod
    def ask(self, record: P, modality: Modality) -> str:
        """The prompt."""

    def closing(self, record: P) -> str:
        """The benchmark's own last line, which says in which form to answer; empty where it has none."""
        return ""

    @abstractmethod
    def answer(self, record: P) -> str:
        """The right answer in words, as a model should give it; empty where nobody knows it."""

    @abstractmethod
    def score_text(self, record: P, text: str, puzzle: Image | None = None) -> Score:
        """Judge an answer in words; ``puzzle`` is the picture it was asked about."""

    def gradings(self, record: P, text: str) -> Mapping[str, str]:
        """What a language model is asked about an answer in words, by the name of the mark, 0 to 5, that it gives.

        Empty where the benchmark has no such marks.
        """
        return {}

    def reward_text(self, record: P, text: str) -> Score:
        """Judge an answer in words for a reward, thousands a second: never kinder than ``score_text``."""
        return self.score_text(record, text)

    @abstractmethod
    def score_image(self, record: P, image: Image, puzzle: Image | None = None) -> Score:
        """Judge an answer drawn into the picture."""

    def reward_image(self, record: P, image: Image, puzzle: Image | None = None) -> Score:
        """Judge a drawn answer for a reward: never kinder than ``score_image``, and nothing for a flood of color.

        Where the task can tell how near a wrong answer comes to the right one, it says so from 0 to 1 as ``near`` in
        the details; what leaves the puzzle as it is, or covers it, is 0.
        """
        return self.score_image(record, image, puzzle)

    def difficulty(self, record: P) -> dict[str, float]:
        """Figures that say how hard an example is, for filters and reports."""
        return {}

    def blind(self, record: P) -> float | None:
        """How often a guess that does not see the drawing is right at such examples; None where nobody measured it.

        Of questions with options chance, where the most frequent right answer says no more (``frequent_answer``).
        """
        return None

    def frequent_answer(self, answers: Sequence[str]) -> float | None:
        """The mean score of giving the most frequent of some right answers to each of their questions.

        None where ``blind`` says what a guess is worth.
        """
        return None

    def show(self, record: P, puzzle: Image) -> Image:
        """The picture for models that answer in words: the puzzle, where the task prints no names on it."""
        return puzzle

    def not_askable(self, picture: Image) -> str:
        """Why nobody can answer the question in words from this picture; empty where one can."""
        return ""

    def draw_answer(self, record: P, text: str, puzzle: Image) -> Image | None:
        """An answer in words drawn into the puzzle, or None where it cannot be drawn."""
        return None

    def score_frame(self, record: P, frame: Image, puzzle: Image | None = None) -> Score:
        """Judge one frame of a clip; without a description of the clip, the picture fills it."""
        return self.score_image(record, frame, puzzle)

    def reward_frame(self, record: P, frame: Image) -> Score:
        """As ``reward_image``, of one frame of a clip."""
        return self.score_frame(record, frame)

    @abstractmethod
    def score_video(self, record: P, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        """Judge a clip by each rule that the benchmark has for it, by name (``last``, ``major``, ``best`` frame).

        The first one is the task's main rule.
        """

    def score_trajectory(self, record: P, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        """Judge how a clip gets to its answer, by name: beside the benchmark's rules, and of no weight in the verdict.

        Empty where the task has no such measure, or the record does not say where things lie in its clip.
        """
        return {}
