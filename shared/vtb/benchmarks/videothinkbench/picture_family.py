"""Who judges a record that others made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from vtb.errors import BadInput
from vtb.media.image import Image, Picture
from vtb.puzzles.family import ClipFrame, Family, Modality, Record, Score
from vtb.puzzles.judging.frames import score_last


class ForeignFamily:
    """A family for records that can be judged, but not drawn; see ``vtb.puzzles.family.Family``."""

    def __init__(self, family: Family) -> None:
        """The family whose puzzles these are."""
        self.family = family
        self.name, self.group, self.version = family.name, family.group, family.version
        self.palette, self.config_class, self.by_choice = family.palette, family.config_class, family.by_choice

    def distinct(self, config: Any) -> float | None:
        """Nobody says how they were made."""
        return None

    def difficulty(self, record: Record) -> dict[str, float]:
        """Unknown."""
        return {}

    def ask(self, record: Record, modality: Modality) -> str:
        """In our words, as the family asks; the maker's are in ``given_prompt``."""
        return self.family.ask(record, modality)

    def answer(self, record: Record) -> str:
        """The right answer in words, empty where the record does not say."""
        return str(record.get("answer") or "")

    def draw_reasoning(self, record: Record, puzzle: Image | None = None) -> Image:
        """The picture as it is."""
        return puzzle if puzzle is not None else self._undrawable()

    def draw_answer(self, record: Record, text: str, puzzle: Image) -> Image | None:
        """Nothing is known that could be drawn."""
        return None

    def score_frame(self, record: Record, frame: Image, puzzle: Image | None = None) -> Score:
        """The picture fills the frame."""
        return self.score_image(record, frame, puzzle)

    def score_image(self, record: Record, image: Image, puzzle: Image | None = None) -> Score:
        """Judge an answer drawn into the picture."""
        raise NotImplementedError  # every kind has its own

    def score_video(self, record: Record, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        """By the last frame."""
        return score_last(self.score_frame, record, frames, puzzle)

    def sample(self, rng: Any, config: Any) -> Record:
        """Not of these."""
        self._undrawable()

    def draw_puzzle(self, record: Record) -> Picture:
        """Not of these."""
        self._undrawable()

    draw_solution = draw_puzzle

    def draw_frames(self, record: Record) -> Iterator[Picture]:
        """Not of these."""
        self._undrawable()

    def _undrawable(self) -> NoReturn:
        raise BadInput(f"{self.name}: a record that others made can be judged, but not drawn: give its picture")
