"""The held-out rows that somebody can judge while training goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from vtb.errors import BadInput
from vtb.tasks.example import Example
from vtb.tasks.registry import decode_example


class Judgeable(Protocol):
    """A row of a training."""

    @property
    def id(self) -> str:
        """Of the row."""
        ...

    @property
    def example(self) -> str:
        """JSON of what a judge is called with; empty where there is none."""
        ...


R = TypeVar("R", bound=Judgeable)


@dataclass(frozen=True)
class HeldOut(Generic[R]):
    """One row that somebody can judge."""

    row: R
    example: Example


def choose(rows: Sequence[R], count: int) -> list[HeldOut[R]]:
    """The first rows that somebody can judge."""
    return [HeldOut(row, _example(row)) for row in [row for row in rows if row.example][:count]]


def _example(row: Judgeable) -> Example:
    try:
        return decode_example(row.example.encode())
    except BadInput as error:
        raise BadInput(f"row {row.id}: cannot be judged ({error}): prepare the dataset again") from error
