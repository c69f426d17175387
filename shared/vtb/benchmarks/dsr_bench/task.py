"""A type of question of DSR-Bench."""

from __future__ import annotations

from typing import Any

from vtb.benchmarks.common.picture_question import PictureRecord
from vtb.benchmarks.common.video_question import LETTER_CLOSING, VideoTask
from vtb.benchmarks.dsr_bench.released import first_letter_right


class DsrTask(VideoTask):
    """One of the 13 types; ``details`` has ``released``: what the released first-letter rule says."""

    last_line = LETTER_CLOSING

    def details(self, record: PictureRecord, text: str) -> dict[str, Any]:
        """The verdict of the released rule."""
        return {"released": float(first_letter_right(text, record.options, record.answer))}
