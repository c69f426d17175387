"""Videos of one thing from several sides: where they lie, and their frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vtb.benchmarks.registry import Views
from vtb.datasets.video_folder import Videos
from vtb.media.frames import sampled_from, strided_places
from vtb.media.image import Image
from vtb.media.timed_frames import timed_from
from vtb.media.video import UnreadableVideo


def finder(videos: Videos, views: Views | None) -> Callable[[str], Path | None]:
    """What finds a video by its name; of several views the folder by its name, where any of them lies."""
    if views is None:
        return videos.find
    return {path.parent.name: path.parent for path in videos.places.values() if path.stem in views.names}.get


def shown_frames(place: Path, views: Views | None, frames: int, most_pixels: int) -> tuple[list[Image], list[float]]:
    """So many frames of a video, and their seconds, where they are known.

    Of several views those of each, one view after the other: time does not pass from one to the next.

    Raises:
        UnreadableVideo: one cannot be read.
    """
    if views is None:
        return timed_from(place, frames, most_pixels)
    return [frame for name in views.names for frame in _view(place / f"{name}.mp4", views.frames)], []


def _view(path: Path, frames: int) -> list[Image]:
    try:
        return sampled_from(path, frames, strided_places)
    except UnreadableVideo as error:
        raise UnreadableVideo(f"{path.name} {error}") from error
