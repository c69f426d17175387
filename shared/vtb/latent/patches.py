"""Which parts of a picture its latents stand for, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vtb.latent.selection import MOST_CANDIDATES, Chosen
from vtb.media.image import Image, encode_rgb
from vtb.report.thumbnail import thumbnail

_SIDE, _GAP = 192, 4
_DIM = 0.35  # of what was not chosen


def draw_patches(picture: Image, grid: tuple[int, int], chosen: Chosen) -> Image:
    """The picture with what was not chosen dimmed.

    Args:
        picture: (H, W, 3).
        grid: rows and columns of features that the vision tower makes of it.
        chosen: groups of neighbouring features; averages of all leave the picture as it is.
    """
    if chosen.places is None:
        return picture
    rows, columns = grid
    size = max(1, rows * columns // MOST_CANDIDATES)
    bright = np.zeros(rows * columns, bool)
    for place in chosen.places:
        bright[place * size : (place + 1) * size] = True
    height, width = picture.shape[:2]
    lines = np.arange(height) * rows // height
    across = np.arange(width) * columns // width
    shown = bright.reshape(rows, columns)[lines[:, None], across[None, :]]
    dimmed: Image = np.where(shown[..., None], picture, (picture * _DIM).astype(np.uint8)).astype(np.uint8)
    return dimmed


def write_patches(pictures: Sequence[Sequence[Image]], path: Path) -> None:
    """A row of pictures for each row of the data."""
    widest = max(len(row) for row in pictures)
    every = np.full((len(pictures) * (_SIDE + _GAP), widest * (_SIDE + _GAP), 3), 255, np.uint8)
    for line, row in enumerate(pictures):
        for place, picture in enumerate(row):
            small = thumbnail(picture, _SIDE)
            top, left = line * (_SIDE + _GAP), place * (_SIDE + _GAP)
            every[top : top + small.shape[0], left : left + small.shape[1]] = small
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_rgb(every))
