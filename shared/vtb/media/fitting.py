"""Pictures of the sizes that image models draw: both sides multiples of a number, and not too many pixels."""

from __future__ import annotations

from vtb.media.image import Image


def fitting_size(width: int, height: int, most: int, multiple: int) -> tuple[int, int]:
    """The nearest size (width, height) that fits, of about the same shape.

    Args:
        width: of the picture.
        height: of the picture.
        most: pixels that it may have.
        multiple: what both sides are multiples of.
    """
    scale = min(1.0, (most / (height * width)) ** 0.5)
    # Down where it is scaled down anyway, so that it does not become too large again.
    near = round if scale == 1 and (height + multiple) * (width + multiple) <= most else int
    wide, high = (max(multiple, near(side * scale / multiple) * multiple) for side in (width, height))
    return wide, high


def resized(image: Image, size: tuple[int, int]) -> Image:
    """The picture at a size (width, height); the same object where it has it already."""
    import cv2

    if image.shape[1::-1] == size:
        return image
    small: Image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype("uint8")
    return small
