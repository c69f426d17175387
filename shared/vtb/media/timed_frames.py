"""Frames of a video file at equal distances, and when each is shown."""

from __future__ import annotations

from pathlib import Path

from vtb.media.frames import MOST_BYTES, read_video, sample_folder, sample_video, sampled_places
from vtb.media.image import Image
from vtb.media.length import clip_length
from vtb.media.video import UnreadableVideo
from vtb.regular_file import read_regular


def timed_frames(path: Path, count: int, least: int = 1) -> tuple[list[Image], list[float]]:
    """So many frames, both ends among them, and the seconds at which they are shown.

    Args:
        path: of the file.
        count: how many; a shorter video gives some of its frames several times.
        least: frames that the video must have.

    Raises:
        OSError: the file cannot be read.
        UnreadableVideo: it is no playable clip, or too short.
    """
    data = read_regular(path, MOST_BYTES)
    length = clip_length(data)
    if length.frames < least:
        raise UnreadableVideo(f"has {length.frames} frames, fewer than are shown")
    places = sampled_places(length.frames, count)
    return sample_video(data, count), [length.shown_at(place) for place in places]


def timed_from(place: Path, count: int, most_pixels: int | None = None) -> tuple[list[Image], list[float]]:
    """The same of a file or a folder of pictures (``sampled_from``); no seconds where nobody knows them.

    Raises:
        UnreadableVideo: it cannot be read.
    """
    if place.is_dir():
        return sample_folder(place, count, most_pixels=most_pixels), []
    data = read_video(place)
    frames = sample_video(data, count, most_pixels=most_pixels)
    try:
        length = clip_length(data)
    except UnreadableVideo:  # what can be decoded need not say when it is shown
        return frames, []
    return frames, [length.shown_at(number) for number in sampled_places(length.frames, count)]
