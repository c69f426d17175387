"""Small copies of pictures, for pages that show many."""

from __future__ import annotations

from vtb.media.image import Image


def thumbnail(picture: Image, side: int) -> Image:
    """The picture scaled so that its longer side has this many pixels."""
    import cv2

    scale = side / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small: Image = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    return small
