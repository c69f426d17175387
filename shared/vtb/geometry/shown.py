"""What a row shows, as the processor takes it: pictures, and frames of clips with how fast they follow each other."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vtb.datasets.asked import Asked
from vtb.datasets.moving import Chosen, Moving, as_metadata, check_sizes, moving, numbers_in, numbers_of, size_within
from vtb.engine.row_pictures import picture_of, size_of, unreadable
from vtb.geometry.rows import Clip, Row
from vtb.media.image import UnreadableImage
from vtb.media.video import UnreadableVideo, decode_ends, frame_rate


def media_of(rows: Iterable[Row], max_pixels: int) -> dict[str, Any]:
    """The arguments of a processor for the media of rows, in their order.

    Raises:
        BadInput: a picture or clip cannot be read.
    """
    every = list(rows)
    images = [picture_of(path) for row in every for path in row.images]
    clips = [_moving(clip, max_pixels) for row in every for clip in row.clips]
    found: dict[str, Any] = {"images": images} if images else {}
    if clips:
        told = [as_metadata(one) for one in clips]
        found |= {"videos": [one.frames for one in clips], "video_metadata": told, "do_sample_frames": False}
    return found


def clip_told(clip: Clip, max_pixels: int) -> tuple[tuple[int, int, int], dict[str, Any]]:
    """What the processor is given of a clip, without the frames: how many, their height and width; and when they are.

    Raises:
        BadInput: it cannot be read, or its frames are not all of one size.
    """
    try:
        size, found = _of_frames(clip) if clip.frames else _of_file(clip.files[0])
    except (UnreadableVideo, OSError) as error:
        raise unreadable(clip.files[0], error) from error
    return (len(found.numbers), *size_within(*size, max_pixels)), as_metadata(found)


def _of_frames(clip: Clip) -> tuple[tuple[int, int], Chosen]:
    sizes = [size_of(path) for path in clip.files]
    check_sizes([path.name for path in clip.files], sizes)
    return sizes[0], numbers_of(len(clip.files), clip.times)


@functools.lru_cache(1 << 16)
def _of_file(path: Path) -> tuple[tuple[int, int], Chosen]:
    """Decoded once for all rows about it: its head may be wrong about how many frames it has."""
    data = path.read_bytes()
    ends = decode_ends(data)
    high, wide = ends.first.shape[:2]
    return (high, wide), numbers_in(ends.count, frame_rate(data))


def _moving(clip: Clip, max_pixels: int) -> Moving:
    try:
        files = tuple(path.read_bytes() for path in clip.files)
        names = tuple(path.name for path in clip.files)
        return moving(Asked("frames" if clip.frames else "video", names, files, clip.times), max_pixels)
    except (UnreadableVideo, UnreadableImage, OSError, ValueError) as error:
        raise unreadable(clip.files[0], error) from error
