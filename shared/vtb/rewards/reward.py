"""What a reward is: one object that says what one completion is worth, part by part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar


class Reward(ABC):
    """One way to reward completions.

    Attributes:
        name: as engines and options call it.
        weights: its parts, each between 0 and 1, with the weight that each has unless the user says otherwise.
        columns: of a dataset's row that it reads.
    """

    name: ClassVar[str]
    weights: ClassVar[Mapping[str, float]]
    columns: ClassVar[tuple[str, ...]]

    @abstractmethod
    def parts(self, completion: str, row: Mapping[str, Any]) -> dict[str, float]:
        """What a completion of a row's prompt achieves: each part between 0 and 1.

        Raises:
            BadInput: the row is no row of this reward. Whatever a model writes is no error.
        """


def total(parts: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The weighted sum of the parts."""
    return sum(weight * parts[name] for name, weight in weights.items())
