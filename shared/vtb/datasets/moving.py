"""The frames that a model gets of a clip: two a second, as ms-swift and Qwen's own tools give them in training.

``qwen_vl_utils.vision_process`` (``FPS``, ``FPS_MIN_FRAMES``, ``FPS_MAX_FRAMES``); frames that come as pictures are all
taken, as fast as they follow each other where that is known, else as two a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.datasets.asked import Asked
from vtb.media.image import Image, decode_image
from vtb.media.video import decode_clip, decode_ends, frame_rate

A_SECOND = 2.0
FEWEST, MOST = 4, 768
_PAIR = 2  # frames that the model looks at together


@dataclass(frozen=True)
class Chosen:
    """The numbers of some frames of a clip, and how many it has in all and in a second."""

    numbers: list[int]
    total: int
    rate: float


@dataclass(frozen=True)
class Moving(Chosen):
    """Some frames of a clip, (frames, H, W, 3), too."""

    frames: NDArray[np.uint8]


def moving(asked: Asked, max_pixels: int) -> Moving:
    """A clip, or the frames of one; larger frames are scaled down to so many pixels.

    Raises:
        UnreadableVideo: it is damaged.
    """
    if asked.kind == "frames":
        chosen = numbers_of(len(asked.files), asked.seconds)
        found = {number: scaled(decode_image(file), max_pixels) for number, file in enumerate(asked.files)}
    else:
        (data,) = asked.files
        chosen = numbers_in(decode_ends(data).count, frame_rate(data))
        wanted = set(chosen.numbers)
        clip = enumerate(decode_clip(data))
        found = {number: scaled(frame(), max_pixels) for number, frame in clip if number in wanted}
    return Moving(chosen.numbers, chosen.total, chosen.rate, np.stack([found[number] for number in chosen.numbers]))


def numbers_of(frames: int, seconds: Sequence[float]) -> Chosen:
    """Frames that come as pictures: all of them, as fast as they follow each other where that is known."""
    rate = (len(seconds) - 1) / (seconds[-1] - seconds[0]) if len(seconds) > 1 else A_SECOND
    return Chosen(_paired(list(range(frames))), frames, rate)


def numbers_in(total: int, rate: float) -> Chosen:
    """Frames of a video with so many, and so many a second."""
    return Chosen(_paired(frame_numbers(total, rate)), total, rate)


def _paired(numbers: list[int]) -> list[int]:
    return numbers if len(numbers) >= _PAIR else numbers * _PAIR


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
    """What the processors of transformers are told of frames that were chosen already."""
    return {"total_num_frames": one.total, "fps": one.rate, "frames_indices": list(one.numbers)}
