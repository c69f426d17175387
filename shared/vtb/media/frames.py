"""Frames at equal distances from a video, or from a folder in which they have been extracted already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import MAX_FILE, Image, UnreadableImage, decode_image
from vtb.media.streams import choose_stream, open_container
from vtb.media.video import UnreadableVideo, decode_clip
from vtb.natural_order import natural_order
from vtb.regular_file import read_regular

MOST_BYTES = 1 << 32  # of a video file
PICTURES = (".jpg", ".jpeg", ".png")


def sampled_places(there: int, wanted: int) -> list[int]:
    """``wanted`` places from 0 to ``there - 1``, both ends among them, at equal distances rounded down.

    As VSI-Bench's evaluation of LLaVA-OneVision has them (``linspace(0, there - 1, wanted, dtype=int)``); a video with
    fewer frames gives some of them several times.
    """
    return [int(place) for place in np.linspace(0, there - 1, wanted, dtype=int)]


def strided_places(there: int, wanted: int) -> list[int]:
    """``wanted`` places from 0 on, each a whole number of ``there / wanted`` frames after the one before.

    As the released scripts of 4D-Bench have them, where a video with fewer frames shows none; here it gives its last
    one several times.
    """
    return [min(number * max(1, there // wanted), there - 1) for number in range(wanted)]


Places = Callable[[int, int], list[int]]  # of so many frames, the numbers of so many


def sampled_from(
    place: Path, wanted: int, places: Places = sampled_places, most_pixels: int | None = None
) -> list[Image]:
    """Frames of a video file, or of a folder of pictures; larger ones are scaled down as they are read.

    Raises:
        UnreadableVideo: it cannot be read.
    """
    if place.is_dir():
        return sample_folder(place, wanted, places, most_pixels)
    return sample_video(read_video(place), wanted, places, most_pixels)


def read_video(path: Path) -> bytes:
    """The bytes of a video file; an error does not name its place, which differs from machine to machine.

    Raises:
        UnreadableVideo: it cannot be read.
    """
    try:
        return read_regular(path, MOST_BYTES)
    except OSError as error:
        raise UnreadableVideo(f"cannot be read ({error.strerror})") from error


def sample_video(
    data: bytes, wanted: int, places: Places = sampled_places, most_pixels: int | None = None
) -> list[Image]:
    """Frames of a video file, decoded once; only those that are wanted are converted to RGB, and kept scaled down.

    Raises:
        UnreadableVideo: no video in it, or damaged.
    """
    expected = _frames_said(data)
    found, count = _pick(data, places(expected, wanted) if expected else [], most_pixels)
    if count == 0:
        raise UnreadableVideo("has no frames")
    if count != expected:  # its head says something else than it holds, or nothing
        found, _ = _pick(data, places(count, wanted), most_pixels)
    return [found[place] for place in places(count, wanted)]


def _frames_said(data: bytes) -> int:
    """How many frames the head of a file says that there are; 0 where it does not say it."""
    import av

    try:
        with open_container(data) as container:
            stream = choose_stream(data, container)
            return int(stream.frames) if stream is not None else 0
    except (av.FFmpegError, EOFError, ValueError) as error:
        raise UnreadableVideo(f"is no video ({error})") from error


def _pick(data: bytes, places: list[int], most_pixels: int | None) -> tuple[dict[int, Image], int]:
    """The frames at some places, and how many there are in all.

    They lie in one block: NumPy asks the system for large pages for it, where thousands of small ones can take a fifth
    of the time.
    """
    wanted, found, count, block = set(places), dict[int, Image](), 0, None
    for place, frame in enumerate(decode_clip(data)):
        if place in wanted:
            image = _within(frame(), most_pixels)
            if block is None:
                block = np.empty((len(wanted), *image.shape), np.uint8)
            if image.shape == block.shape[1:]:
                block[len(found)] = image
                image = block[len(found)]
            found[place] = image
        count = place + 1
    return found, count


def sample_folder(
    folder: Path, wanted: int, places: Places = sampled_places, most_pixels: int | None = None
) -> list[Image]:
    """Frames that lie in a folder as pictures, in the order of their names, in which 9 comes before 10.

    Raises:
        UnreadableVideo: there is none, or one that is wanted is damaged.
    """
    try:
        there = (path for path in folder.iterdir() if path.suffix.lower() in PICTURES and path.name[0] != ".")
        files = sorted(there, key=lambda path: natural_order(path.stem))
        if not files:
            raise UnreadableVideo("has no pictures")
        numbers = places(len(files), wanted)
        once = {
            number: _within(decode_image(read_regular(files[number], MAX_FILE)), most_pixels) for number in set(numbers)
        }
    except (UnreadableImage, OSError) as error:
        raise UnreadableVideo(f"a picture cannot be read ({getattr(error, 'strerror', None) or error})") from error
    return [once[place] for place in numbers]


def _within(image: Image, most: int | None) -> Image:
    return image if most is None else within_pixels(image, most)


def within_pixels(image: Image, most: int) -> Image:
    """The picture, scaled down where it has more pixels."""
    import cv2

    height, width = image.shape[:2]
    scale = (most / (height * width)) ** 0.5
    if scale >= 1:
        return image
    size = max(1, int(width * scale)), max(1, int(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def looks(images: list[Image]) -> NDArray[np.uint8]:
    """A hash of what each picture looks like, (n, 32) bytes: where it grows darker to the right, in 16 x 16 places.

    Scaling and compression change few of the 256 bits.
    """
    import cv2

    grey = [cv2.resize(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), (17, 16), interpolation=cv2.INTER_AREA) for one in images]
    return np.packbits(np.stack([one[:, 1:] < one[:, :-1] for one in grey]).reshape(len(images), 256), axis=1)


def alike(one: NDArray[np.uint8], other: NDArray[np.uint8], most: int = 24) -> int:
    """How many of the first pictures look like one of the others: at most so many of the 256 bits differ."""
    if not len(one) or not len(other):
        return 0
    bits = np.unpackbits(one[:, None] ^ other[None], axis=2).sum(axis=2)
    return int((bits.min(axis=1) <= most).sum())
