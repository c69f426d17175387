"""Tasks whose answers are words alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vtb.tasks.score import UNJUDGED, Score
from vtb.tasks.task import ClipFrame, P, Task

if TYPE_CHECKING:
    from vtb.media.image import Image


class InWords(Task[P]):
    """Of a drawn answer nobody can say whether it is right."""

    def score_image(self, record: P, image: Image, puzzle: Image | None = None) -> Score:
        """Answers are words."""
        return Score(False, False, UNJUDGED)

    def score_video(self, record: P, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        """Answers are words."""
        return {"last": Score(False, False, UNJUDGED)}
