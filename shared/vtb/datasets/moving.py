"""The frames that a model gets of a clip: two a second, as ms-swift and Qwen's own tools give them in training.

``qwen_vl_utils.vision_process`` (``FPS``, ``FPS_MIN_FRAMES``, ``FPS_MAX_FRAMES``); frames that come as pictures are all
taken, as fast as they follow each other where that is known, else as two a second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from vtb.datasets.asked import Asked
from vtb.media.image import Image, decode_image
from vtb.media.video import UnreadableVideo, decode_clip, decode_ends, frame_rate

A_SECOND = 2.0
FEWEST, MOST = 4, 768
_PAIR = 2  # frames that the model looks at together
T = TypeVar("T")


@dataclass(frozen=True)
class Chosen:
    """Some frames of a clip.

    Attributes:
        numbers: of the frames.
        total: frames of the clip.
        rate: frames of it a second, on average.
        seconds: at which they are shown; empty where their numbers tell.
    """

    numbers: list[int]
    total: int
    rate: float
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Moving(Chosen):
    """With the frames themselves, (frames, H, W, 3)."""

    frames: NDArray[np.uint8]


def moving(asked: Asked, max_pixels: int) -> Moving:
    """A clip, or the frames of one; larger frames are scaled down to so many pixels.

    Raises:
        UnreadableVideo: it is damaged.
    """
    if asked.kind == "frames":
        chosen = numbers_of(len(asked.files), asked.seconds)
        found = {number: scaled(decode_image(file), max_pixels) for number, file in enumerate(asked.files)}
        check_sizes(asked.names, [frame.shape[:2] for frame in found.values()])
        return _moving(chosen, found)
    (data,) = asked.files
    return frames_at(data, numbers_in(decode_ends(data).count, frame_rate(data)), max_pixels)


def frames_at(data: bytes, chosen: Chosen, max_pixels: int) -> Moving:
    """The chosen frames of a video; larger ones are scaled down to so many pixels.

    Raises:
        UnreadableVideo: it is damaged.
    """
    wanted = set(chosen.numbers)
    clip = enumerate(decode_clip(data))
    return _moving(chosen, {number: scaled(frame(), max_pixels) for number, frame in clip if number in wanted})


def _moving(chosen: Chosen, found: Mapping[int, Image]) -> Moving:
    frames = np.stack([found[number] for number in chosen.numbers])
    return Moving(chosen.numbers, chosen.total, chosen.rate, chosen.seconds, frames)


def check_sizes(names: Sequence[str], sizes: Sequence[tuple[int, ...]]) -> None:
    """Refuse frames of a clip that are not all of one size, height and width.

    Raises:
        UnreadableVideo: one is not.
    """
    for name, size in zip(names, sizes, strict=True):
        if size != sizes[0]:
            raise UnreadableVideo(f"{name} has {size[1]}x{size[0]} pixels, and {names[0]} {sizes[0][1]}x{sizes[0][0]}")


def numbers_of(frames: int, seconds: Sequence[float]) -> Chosen:
    """Frames that come as pictures: all of them, as fast as they follow each other where that is known."""
    rate = (len(seconds) - 1) / (seconds[-1] - seconds[0]) if len(seconds) > 1 else A_SECOND
    return Chosen(_paired(list(range(frames))), frames, rate, tuple(_paired(list(seconds))) if seconds else ())


def numbers_in(total: int, rate: float) -> Chosen:
    """Frames of a video with so many, and so many a second."""
    return Chosen(_paired(frame_numbers(total, rate)), total, rate, ())


def _paired(every: list[T]) -> list[T]:
    return every if len(every) >= _PAIR else every * _PAIR


def frame_numbers(total: int, rate: float) -> list[int]:
    """Which frames of a clip are taken: two a second, an even number of them, evenly spaced, the ends included."""
    count = min(max(total / rate * A_SECOND, FEWEST), MOST, total)
    even = max(1, int(count) // _PAIR * _PAIR)
    return [round(number) for number in np.linspace(0, total - 1, even).tolist()]


def scaled(image: Image, max_pixels: int) -> Image:
    """A picture of at most so many pixels, in its shape."""
    height, width = size_within(image.shape[0], image.shape[1], max_pixels)
    if (height, width) == image.shape[:2]:
        return image
    from PIL import Image as Pillow

    return np.asarray(Pillow.fromarray(image).resize((width, height), Pillow.Resampling.BICUBIC))


def size_within(height: int, width: int, max_pixels: int) -> tuple[int, int]:
    """Height and width of a picture that is scaled down, if it must be, to at most so many pixels."""
    scale = min(1.0, math.sqrt(max_pixels / (height * width)))
    return max(1, int(height * scale)), max(1, int(width * scale))


def as_metadata(one: Chosen) -> dict[str, Any]:
    """What the processors of transformers are told of frames that were chosen already.

    Qwen3-VL's divides the numbers of frames by the rate to say when each pair is shown; so frames at unequal distances
    are told by such numbers as give their seconds.
    """
    numbers = [second * one.rate for second in one.seconds] or list(one.numbers)
    return {"total_num_frames": one.total, "fps": one.rate, "frames_indices": numbers}
