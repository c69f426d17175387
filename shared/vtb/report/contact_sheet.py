"""One picture of many samples, for a quick look and for the dataset card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vtb.media.image import Image, encode_rgb

CELL, GAP, LABEL = 220, 12, 22
GROUPS = 3  # samples side by side


@dataclass(frozen=True)
class Row:
    """One sample: its label and its pictures from left to right."""

    label: str
    pictures: Sequence[Image]


def contact_sheet(rows: Sequence[Row]) -> bytes:
    """A PNG with the samples in three columns, each with its pictures side by side and its label above."""
    per_sample = max(len(row.pictures) for row in rows)
    wide = per_sample * (CELL + GAP) + GAP
    high = CELL + LABEL + GAP
    groups = min(GROUPS, len(rows))
    sheet = np.full((-(-len(rows) // groups) * high + GAP, groups * wide, 3), 255, np.uint8)
    for number, row in enumerate(rows):
        _paste(sheet, row, number % groups * wide + GAP, number // groups * high + GAP)
    return encode_rgb(sheet)


def _paste(sheet: Image, row: Row, left: int, top: int) -> None:
    import cv2

    cv2.putText(
        sheet,
        row.label.encode("ascii", "replace").decode(),
        (left, top + LABEL - 8),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.45,
        (60, 60, 60),
        1,
        cv2.LINE_AA,
    )
    for place, picture in enumerate(row.pictures):
        small = thumbnail(picture, CELL)
        x, y = left + place * (CELL + GAP), top + LABEL
        sheet[y : y + small.shape[0], x : x + small.shape[1]] = small


def thumbnail(picture: Image, side: int) -> Image:
    """The picture scaled so that its longer side has this many pixels."""
    import cv2

    scale = side / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small: Image = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    return small
