"""A category of ViRL39K."""

from __future__ import annotations

from vtb.benchmarks.common.categories import TasksByCategory
from vtb.benchmarks.common.picture_question import PictureTask
from vtb.benchmarks.virl39k import NAME


class VirlTask(PictureTask):
    r"""Questions whose answers are given as ``\boxed{...}``: letters, numbers, formulas."""

    last_line = "Give the final answer in \\boxed{}."


TASKS = TasksByCategory(NAME, VirlTask)
