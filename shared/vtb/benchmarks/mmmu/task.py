"""A subject of MMMU."""

from __future__ import annotations

from vtb.benchmarks.common.categories import TasksByCategory
from vtb.benchmarks.common.picture_question import PictureRecord, PictureTask
from vtb.benchmarks.mmmu import DISCIPLINES, NAME


class MmmuTask(PictureTask):
    """Multiple choice, and some open questions.

    What the rules cannot read is wrong, with the reason that says so, unless a model reads it (``--judge-endpoint``).
    """

    def closing(self, record: PictureRecord) -> str:
        """As the evaluation scripts of Qwen's models ask; of open questions they ask nothing more."""
        return "Please select the correct answer from the options above." if record.options else ""


SUBJECTS = tuple(f"{NAME}_{subject}" for subjects in DISCIPLINES.values() for subject in subjects)
TASKS = TasksByCategory(NAME, MmmuTask, SUBJECTS)
