"""Pictures that rows of a dataset name, as a processor takes them, and how large they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtb.errors import BadInput
from vtb.media.image import UnreadableImage, decode_image
from vtb.media.picture_size import picture_size


def picture_of(path: Path) -> Any:
    """A picture of Pillow.

    Raises:
        BadInput: it cannot be read.
    """
    from PIL import Image

    try:
        return Image.fromarray(decode_image(path.read_bytes()))
    except (UnreadableImage, OSError) as error:
        raise unreadable(path, error) from error


def size_of(path: Path) -> tuple[int, int]:
    """Height and width, of a file of which only the head is read.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        return picture_size(path)
    except (UnreadableImage, OSError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> BadInput:
    """What a user is told of a file that cannot be read."""
    return BadInput(f"{path}: cannot be read ({error}): prepare the dataset again")
