"""The 12 types of questions that the DSR Suite makes from templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Measure = Literal["distance", "direction", "orientation", "speed", "comparison", "prediction"]
_SHORT: Mapping[str, Measure] = {
    "dis": "distance", "dir": "direction", "ori": "orientation", "spd": "speed", "spd_comp": "comparison",
    "dir_pred": "prediction",
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One type.

    Attributes:
        name: as published.
        measure: what of the things is asked.
        moving: whether the viewer goes along with the video; otherwise the view is the one of one time.
    """

    name: str
    measure: Measure
    moving: bool

    @property
    def things(self) -> int:
        """How many it asks about."""
        return 2 if self.measure in ("distance", "direction", "comparison") else 1

    @property
    def agents_only(self) -> bool:
        """Whether only what has a front can be asked about."""
        return self.measure == "orientation" or self.name == "abs_spd"


KINDS: Mapping[str, Kind] = {
    f"{view}_{short}": Kind(f"{view}_{short}", measure, view == "rel")
    for view in ("abs", "rel")
    for short, measure in _SHORT.items()
}
