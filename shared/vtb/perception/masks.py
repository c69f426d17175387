"""What belongs to a thing in every frame of a video, eight pixels a byte: a video of 1,080 lines would fill memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.perception.perceived import Floats

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Masks:
    """The masks of one thing.

    Attributes:
        packed: shape (N, H, bytes), as ``numpy.packbits`` has them along the last axis.
        width: of the frames.
    """

    packed: NDArray[np.uint8]
    width: int

    @classmethod
    def pack(cls, masks: Iterable[Mask]) -> Masks:
        """Of masks (H, W) of all frames, at least one."""
        rows, width = list[NDArray[np.uint8]](), 0
        for mask in masks:
            rows.append(np.packbits(mask, axis=1))
            width = mask.shape[1]
        return cls(np.stack(rows), width)

    def __len__(self) -> int:
        return len(self.packed)

    def __getitem__(self, frame: int) -> Mask:
        return np.unpackbits(self.packed[frame], axis=1, count=self.width).astype(np.bool_)


def box_of(mask: Mask) -> Floats:
    """Left, top, right and bottom of what a mask (H, W) holds, the last pixel included; NaN where it holds nothing."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return np.full(4, np.nan)
    return np.array([columns[0], rows[0], columns[-1], rows[-1]], np.float64)


def mask_overlap(one: Mask, other: Mask) -> float:
    """Intersection over union; 0 of two that hold nothing."""
    both = int(np.count_nonzero(one | other))
    return int(np.count_nonzero(one & other)) / both if both else 0.0
