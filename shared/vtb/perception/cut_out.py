"""A thing cut out of its frame, alone on black: what a model that tells directions looks at.

The DSR Suite means to remove the background, too, but its code changes a copy and leaves all of it in the picture. A
model that is shown two dogs cannot know which one is meant, so here it is really removed.
"""

from __future__ import annotations

import numpy as np

from vtb.media.image import Image
from vtb.perception.masks import Mask, box_of

MARGIN = 10  # pixels around the box, as far as the frame goes


def cut_out(picture: Image, mask: Mask, side: int) -> Image:
    """What a mask (H, W) shows of a picture, in the middle of a black square of so many pixels; something, at least."""
    import cv2

    height, width = mask.shape
    left, top, right, bottom = (int(end) for end in box_of(mask))
    rows = slice(max(top - MARGIN, 0), min(bottom + 1 + MARGIN, height))
    columns = slice(max(left - MARGIN, 0), min(right + 1 + MARGIN, width))
    alone = np.where(mask[rows, columns, None], picture[rows, columns], 0).astype(np.uint8)
    high, wide = alone.shape[:2]
    long = max(high, wide)
    square = np.zeros((long, long, 3), np.uint8)
    square[(long - high) // 2 :, (long - wide) // 2 :][:high, :wide] = alone
    smaller = cv2.INTER_AREA if long > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (side, side), interpolation=smaller), np.uint8)
