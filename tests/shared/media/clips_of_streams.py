"""Clips with several streams, or with transparency, as other programs write them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RED, BLUE, GREEN = (200, 0, 0), (0, 0, 200), (0, 200, 0)


@dataclass(frozen=True)
class Stream:
    """A stream of one picture, shown for some frames."""

    codec: str
    pix_fmt: str
    picture: NDArray[np.uint8]
    frames: int = 1
    disposition: int = 0
    options: dict[str, str] = field(default_factory=dict)


def flat(color: tuple[int, int, int], width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """A picture of one color."""
    return np.full((height, width, 3), color, np.uint8)


def half_seen() -> NDArray[np.uint8]:
    """RGBA: the left third is red, the middle one red at half strength, the right one green that nobody sees."""
    picture = np.zeros((64, 96, 4), np.uint8)
    picture[:, :32], picture[:, 32:64], picture[:, 64:] = (*RED, 255), (*RED, 128), (*GREEN, 0)
    return picture


def write(container: str, streams: Sequence[Stream]) -> bytes:
    """The streams in a container, in their order."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        opened: list[Any] = []
        for stream in streams:
            made: Any = output.add_stream(stream.codec, rate=10, options=stream.options)
            made.height, made.width = stream.picture.shape[:2]
            made.pix_fmt, made.disposition = stream.pix_fmt, stream.disposition
            opened.append(made)
        for stream, made in zip(streams, opened, strict=True):
            for number in range(stream.frames):
                kind = "rgba" if stream.picture.shape[2] == 4 else "rgb24"
                frame = av.VideoFrame.from_ndarray(stream.picture, format=kind)
                frame.pts, frame.time_base = number, Fraction(1, 10)
                output.mux(made.encode(frame))
            output.mux(made.encode(None))
    return buffer.getvalue()
