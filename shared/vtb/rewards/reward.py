"""What a reward is: one object that says what one completion, or one drawing, is worth, part by part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from vtb.tasks.example import Example

if TYPE_CHECKING:  # numpy, which help texts do without
    from vtb.media.image import Image


class Parts(ABC):
    """What rewards of every kind have.

    Attributes:
        name: as engines and options call it.
        weights: its parts, each between 0 and 1, with the weight that each has unless the user says otherwise.
    """

    name: ClassVar[str]
    weights: ClassVar[Mapping[str, float]]


class Reward(Parts):
    """One way to reward completions.

    Attributes:
        columns: of a dataset's row that it reads.
    """

    columns: ClassVar[tuple[str, ...]]

    @abstractmethod
    def parts(self, completion: str, row: Mapping[str, Any]) -> dict[str, float]:
        """What a completion of a row's prompt achieves: each part between 0 and 1.

        Raises:
            BadInput: the row is no row of this reward. Whatever a model writes is no error.
        """


class DrawingReward(Parts):
    """One way to reward drawn answers."""

    @abstractmethod
    def parts(
        self, example: Example, frames: Sequence[Image], shown: Image | None, *, moving: bool
    ) -> dict[str, float]:
        """What a drawing achieves: each part between 0 and 1, whatever was drawn.

        Args:
            example: what was asked.
            frames: of the clip, (H, W, 3) each; of a picture one.
            shown: the puzzle as the model saw it, where it did.
            moving: whether it is a clip.
        """


def total(parts: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The weighted sum of the parts."""
    return sum(weight * parts[name] for name, weight in weights.items())
