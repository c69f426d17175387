"""The frames that a kit shows of a video: as many as it says, or so many a second."""

from __future__ import annotations

from pathlib import Path

from vtb.datasets.moving import Chosen, Moving, frames_at
from vtb.media.frames import MOST_BYTES, sampled_places
from vtb.media.video import UnreadableVideo, decode_ends, frame_rate
from vtb.regular_file import read_regular

MOST_FRAMES = 768


def frames_of(path: Path, frames: int | None, fps: float | None, max_pixels: int) -> Moving:
    """Frames of a video at equal distances, both ends among them; larger ones are scaled down to so many pixels.

    Args:
        path: of the file.
        frames: how many, or fewer where the video has fewer; None takes ``fps``.
        fps: how many a second.
        max_pixels: of a frame.

    Raises:
        UnreadableVideo: it cannot be read.
    """
    try:
        data = read_regular(path, MOST_BYTES)
    except OSError as error:
        raise UnreadableVideo(f"cannot be read ({error.strerror})") from error
    total, rate = decode_ends(data).count, frame_rate(data)
    wanted = frames if frames is not None else round(min(MOST_FRAMES, total / rate * (fps or 1.0)))
    numbers = sampled_places(total, max(2, min(wanted, total, MOST_FRAMES)))
    return frames_at(data, Chosen(numbers, total, rate, ()), max_pixels)
