"""How large a picture is, of whose file only the head is read."""

from __future__ import annotations

from pathlib import Path

from vtb.media.image import DECODER_ERRORS, FORMATS, UnreadableImage
from vtb.regular_file import open_regular

_ORIENTATION, _ON_ITS_SIDE = 0x0112, 5  # the tag of EXIF, and the least of its values that swap the sides


def picture_size(path: Path) -> tuple[int, int]:
    """Height and width in pixels, as a viewer shows it.

    Raises:
        UnreadableImage: it is no picture.
        OSError: it cannot be read, or is no regular file.
    """
    from PIL import Image

    with open_regular(path) as file:
        try:
            with Image.open(file, formats=FORMATS) as opened:
                turned = opened.getexif().get(_ORIENTATION, 1) >= _ON_ITS_SIDE
                return (opened.width, opened.height) if turned else (opened.height, opened.width)
        except (*DECODER_ERRORS, Image.DecompressionBombError) as error:
            raise UnreadableImage(f"not a readable picture ({error})") from error
