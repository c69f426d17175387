"""Pictures as palette indices: drawn small, encoded small, and exact.

A picture is an ``(H, W)`` uint8 array of indices into a palette of RGB triples. Puzzles have a handful of flat
colors, so a palette PNG is several times smaller and faster than RGB, and no anti-aliased pixel blurs a judge's mask.
"""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImageType

Picture = NDArray[np.uint8]  # (H, W), palette indices
Image = NDArray[np.uint8]  # (H, W, 3), RGB
Color = tuple[int, int, int]
Palette = tuple[Color, ...]

MAX_SIDE, MAX_PIXELS = 16384, 80_000_000
LEAST_DIGIT = 8.5  # pixels; the strokes of lower digits in a font run together
DIGITS = (
    ".XXX. X...X X..XX X.X.X XX..X X...X .XXX.", "..X.. .XX.. ..X.. ..X.. ..X.. ..X.. .XXX.",
    ".XXX. X...X ....X ..XX. .X... X.... XXXXX", ".XXX. X...X ....X ..XX. ....X X...X .XXX.",
    "...X. ..XX. .X.X. X..X. XXXXX ...X. ...X.", "XXXXX X.... XXXX. ....X ....X X...X .XXX.",
    "..XX. .X... X.... XXXX. X...X X...X .XXX.", "XXXXX ....X ...X. ..X.. ..X.. .X... .X...",
    ".XXX. X...X X...X .XXX. X...X X...X .XXX.", ".XXX. X...X X...X .XXXX ....X ...X. .XX..",
)  # fmt: skip
MAX_FILE = 1 << 28  # bytes of a picture or clip that is worth reading
# What Pillow's decoders raise on damaged data, each format its own.
DECODER_ERRORS = (
    OSError, ValueError, TypeError, SyntaxError, EOFError, RuntimeError, LookupError, ArithmeticError,
    struct.error, zlib.error,
)  # fmt: skip
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM", "ICO", "TGA", "MPO", "JPEG2000")
_OBJECT = re.compile(r"<[^<>]* object at 0x[0-9a-f]+>")  # an address differs from run to run
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class UnreadableImage(Exception):
    """The bytes are no whole picture; the message says why in a few words."""


@dataclass(frozen=True)
class Letterbox:
    """Where a canvas lies in a larger frame: frame = canvas * scale + offset, in pixels."""

    scale: float
    left: int
    top: int


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encode_png(picture: Picture, palette: Palette) -> bytes:
    """A palette PNG (W3C PNG specification, color type 3) with the smallest bit depth that holds the palette.

    Written here and not with Pillow because the deflate of ``isal`` is several times faster than zlib's, and the
    container around it is four chunks.
    """
    from isal import isal_zlib

    height, width = picture.shape
    depth = next(bits for bits in (1, 2, 4, 8) if len(palette) <= 1 << bits)
    packed = _pack(picture, depth)
    rows = np.zeros((height, packed.shape[1] + 1), np.uint8)  # each row starts with filter type 0
    rows[:, 1:] = packed
    header = struct.pack(">IIBBBBB", width, height, depth, 3, 0, 0, 0)
    colors = bytes(channel for color in palette for channel in color)
    data = isal_zlib.compress(rows.data, 1)
    return b"".join(
        (_SIGNATURE, _chunk(b"IHDR", header), _chunk(b"PLTE", colors), _chunk(b"IDAT", data), _chunk(b"IEND", b""))
    )


def _pack(picture: Picture, depth: int) -> NDArray[np.uint8]:
    """Several pixels to a byte, the leftmost in the high bits; rows are padded with zeros.

    One multiplication moves the pixels of a little-endian word into its highest byte, each to its own bits (for two
    bits: ``p0 << 30 | p1 << 28 | p2 << 26 | p3 << 24``), with nothing below that could carry into them. That is ten
    times as fast as shifting and joining strided views.
    """
    if depth == 8:
        return picture
    per_byte = 8 // depth
    spare = -picture.shape[1] % per_byte
    padded = np.ascontiguousarray(np.pad(picture, ((0, 0), (0, spare))) if spare else picture)
    if depth == 1:
        return np.packbits(padded, axis=1)
    kind, factor = {2: ("<u4", 1 << 30 | 1 << 20 | 1 << 10 | 1), 4: ("<u2", 1 << 12 | 1)}[depth]
    words: NDArray[Any] = padded.view(kind) * np.array(factor, kind)
    high: NDArray[np.uint8] = words.view(np.uint8).reshape(*words.shape, per_byte)[..., -1]
    return high


def to_rgb(picture: Picture, palette: Palette) -> Image:
    """Palette indices to RGB.

    Colors are looked up as words of four bytes, and the fourth is dropped: fifteen times as fast as triples.
    """
    import cv2

    words = np.zeros((len(palette), 4), np.uint8)
    words[:, :3] = palette
    rgbx: Image = words.view(np.uint32).ravel().take(picture).view(np.uint8).reshape(*picture.shape, 4)
    rgb: Image = cv2.cvtColor(rgbx, cv2.COLOR_BGRA2BGR)
    return rgb


def decode_image(data: bytes, max_side: int | None = None) -> Image:
    """Any common picture format to RGB over white.

    Args:
        data: the file.
        max_side: larger pictures are scaled down by a whole factor, to at most this many pixels a side.

    Raises:
        UnreadableImage: not a picture, damaged, cut short, or larger than 16,384 pixels a side or 80 megapixels.
    """
    from PIL import Image as PillowImage
    from PIL import ImageOps

    try:
        with _quietly_open(data) as opened:
            width, height = opened.size
            if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
                raise UnreadableImage(f"{width}x{height} pixels are too many")
            opened.load()
            ImageOps.exif_transpose(opened, in_place=True)  # as a viewer shows it
            return np.asarray(_flatten(_reduced(opened, max_side)))
    except UnreadableImage:
        raise
    except (*DECODER_ERRORS, PillowImage.DecompressionBombError) as error:
        raise UnreadableImage(f"not a readable picture ({_OBJECT.sub('the file', str(error))})") from error


def _quietly_open(data: bytes) -> PillowImageType:
    """Without Pillow's warning of many pixels: how many are too many is said here."""
    from PIL import Image as PillowImage

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PillowImage.DecompressionBombWarning)
        return PillowImage.open(io.BytesIO(data), formats=FORMATS)


def _reduced(opened: PillowImageType, max_side: int | None) -> PillowImageType:
    """The picture at most so large; shades of more than eight bits become eight."""
    from PIL import Image as PillowImage

    factor = -(-max(opened.size) // max_side) if max_side else 1
    if opened.mode.startswith(("I", "F")):
        deep = np.nan_to_num(np.asarray(opened)[::factor, ::factor].astype(np.float32))
        return PillowImage.fromarray(np.uint8(np.clip(deep / (257 if deep.max() > 255 else 1), 0, 255)))
    if factor == 1:
        return opened
    if opened.mode in ("1", "P", "PA"):
        opened = opened.convert("RGBA" if "transparency" in opened.info or opened.mode == "PA" else "RGB")
    return opened.reduce(factor)


def _flatten(opened: PillowImageType) -> PillowImageType:
    """Transparency shows the white behind it, as a viewer would."""
    from PIL import Image as PillowImage

    if "A" not in opened.getbands() and "transparency" not in opened.info:
        return opened.convert("RGB")
    rgba = opened.convert("RGBA")
    white = PillowImage.new("RGBA", rgba.size, (255, 255, 255, 255))
    return PillowImage.alpha_composite(white, rgba).convert("RGB")


def encode_rgb(image: Image, *, quality: int | None = None) -> bytes:
    """RGB to PNG, or to JPEG when a quality is given."""
    from PIL import Image as PillowImage

    buffer = io.BytesIO()
    picture = PillowImage.fromarray(image)
    if quality is None:
        picture.save(buffer, "PNG", optimize=False)
    else:
        picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def resize_nearest(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Nearest neighbour by the pixels' centres, as Pillow and so the benchmark: masks keep their two values.

    OpenCV's INTER_NEAREST goes by the pixels' corners and lies up to a pixel off.
    """
    import cv2

    resized: NDArray[np.uint8] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return resized


def polyline(picture: Picture, points: Sequence[tuple[int, int]], color: int, width: int) -> None:
    """Draw a line of the given width with round joints and ends through (x, y) points, in place."""
    import cv2

    if len(points) > 1:
        line = np.asarray(points, np.int32).reshape(-1, 1, 2)
        cv2.polylines(picture, [line], False, color, width)


def print_centred(
    picture: Picture, text: str, centre: tuple[int, int], color: int, box: int, *, smooth: bool = False
) -> None:
    """Print a short text centred on (x, y), as large as fits 80 % of a box of that many pixels, at most 40 % high.

    Numbers that would be too low to be read are printed in digits drawn pixel by pixel. ``smooth`` is for pictures
    whose values are shades: the rim of the letters gets values between.
    """
    import cv2

    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, box // 28)
    (wide, high), _ = cv2.getTextSize(text, font, 1.0, thickness)
    scale = min(0.8 * box / wide, 0.4 * box / high)
    if scale * high < LEAST_DIGIT and not smooth and _fits_in_pixels(text, box):
        _print_pixels(picture, _pixels(text), centre, color)
        return
    (wide, high), _ = cv2.getTextSize(text, font, scale, thickness)
    place = (centre[0] - wide // 2, centre[1] + high // 2)
    cv2.putText(picture, text, place, font, scale, color, thickness, cv2.LINE_AA if smooth else cv2.LINE_8)


def can_be_read(number: str, box: int) -> bool:
    """Whether a number that is printed into a box of so many pixels can be read."""
    import cv2

    (wide, high), _ = cv2.getTextSize(number, cv2.FONT_HERSHEY_SIMPLEX, 1.0, max(1, box // 28))
    return min(0.8 * box / wide, 0.4 * box / high) * high >= LEAST_DIGIT or _fits_in_pixels(number, box)


def _fits_in_pixels(text: str, box: int) -> bool:
    """Whether a number drawn pixel by pixel takes at most 82 % of a box, from corner to corner."""
    return text.isdecimal() and math.hypot(6 * len(text) - 1, 7) <= 0.82 * box


def _pixels(number: str) -> NDArray[np.bool_]:
    digits = [[[pixel == "X" for pixel in row] for row in DIGITS[int(name)].split()] for name in number]
    return np.hstack([np.pad(np.array(digit), ((0, 0), (0, 1))) for digit in digits])[:, :-1]


def _print_pixels(picture: Picture, ink: NDArray[np.bool_], centre: tuple[int, int], color: int) -> None:
    """Ink centred on (x, y); what lies outside the picture is left out."""
    left, top = centre[0] - ink.shape[1] // 2, centre[1] - ink.shape[0] // 2
    area = picture[max(0, top) : max(0, top + ink.shape[0]), max(0, left) : max(0, left + ink.shape[1])]
    area[ink[max(0, -top) :, max(0, -left) :][: area.shape[0], : area.shape[1]]] = color
