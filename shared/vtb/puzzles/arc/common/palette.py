"""The colors of ARC grids and of the picture around them."""

from __future__ import annotations

COLORS = (
    (0, 0, 0), (0, 0, 255), (255, 0, 0), (0, 255, 0), (255, 255, 0), (128, 128, 128), (255, 0, 255), (255, 128, 0),
    (0, 255, 255), (128, 64, 0),
)  # fmt: skip
BACKGROUND, LINE, BLANK, ARROW = range(10, 14)
PALETTE = (*COLORS, (245, 245, 245), (15, 15, 15), (255, 255, 255), (90, 90, 90))
