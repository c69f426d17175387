"""Tasks of the benchmark whose right answers only pictures show: they can be asked and scored, but not drawn."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable
from typing import Any

from vtb.media.image import Image
from vtb.puzzles.family import Family
from vtb.puzzles.judging.frames import score_last
from vtb.tasks.score import Score
from vtb.tasks.task import ClipFrame, Modality, P, Task


class PictureTask(Task[P], ABC):
    """The task of a family's puzzles when the benchmark made them."""

    def __init__(self, family: Family[Any]) -> None:
        """The family whose puzzles these are."""
        self.family = family
        self.name, self.group, self.by_choice = family.name, family.group, family.by_choice

    def ask(self, record: P, modality: Modality) -> str:
        """In our words, as the family asks."""
        return self.family.ask(record, modality)

    def score_video(self, record: P, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        """By the last frame."""
        return score_last(self.score_frame, record, frames, puzzle)
