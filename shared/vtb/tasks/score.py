"""What a judge says of one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The reason of a verdict that is none: the example of a puzzle that others made lacks what such an answer is judged by.
UNJUDGED = "the record does not say what is right"


@dataclass(frozen=True)
class Score:
    """What a judge says of one answer.

    Attributes:
        strict: right by the benchmark's own rule.
        tolerant: right when what the rule cannot mean to forbid is forgiven (mazes: touching a wall inside the start
            and goal cells).
        reason: ``solved``, or the first rule that the answer breaks, in a few words that can be counted.
        details: the single measurements.
        choice: which of a few options the answer takes, where there are such; several answers vote with it.
        grade: from 0 to 1, by the benchmark's own rule, where that knows more than right and wrong.
        tolerant_grade: the same, tolerantly.
    """

    strict: bool
    tolerant: bool
    reason: str
    details: Mapping[str, Any] = field(default_factory=dict)
    choice: str | None = None
    grade: float | None = None
    tolerant_grade: float | None = None

    @property
    def value(self) -> float:
        """What the answer is worth, strictly: 1 for right and 0 for wrong, or its grade."""
        return float(self.strict) if self.grade is None else self.grade

    @property
    def tolerant_value(self) -> float:
        """The same, tolerantly."""
        return float(self.tolerant) if self.tolerant_grade is None else self.tolerant_grade
