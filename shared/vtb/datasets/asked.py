"""What a question shows, as files: pictures, clips, and clips as frames, in the order of its record."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath
from typing import Literal

from vtb.errors import BadInput
from vtb.media.image import Image, UnreadableImage, decode_image
from vtb.puzzles.sample import MEDIA, PUZZLE
from vtb.tasks.example import Media, asked_about


@dataclass(frozen=True)
class Asked:
    """One thing that a question shows.

    Attributes:
        kind: a picture, a clip, or a clip as its frames.
        names: its parts of the sample; one, but for frames.
        files: their bytes.
        seconds: of frames, when each is shown; none where that is not known of all, or where they do not follow each
            other in time.
    """

    kind: Literal["image", "video", "frames"]
    names: tuple[str, ...]
    files: tuple[bytes, ...]
    seconds: tuple[float, ...] = ()

    @property
    def endings(self) -> tuple[str, ...]:
        """What its files are by their names (``.png``)."""
        return tuple(PurePath(name).suffix for name in self.names)


def asked_of(media: Sequence[Media], parts: Mapping[str, bytes]) -> tuple[Asked, ...]:
    """What a record says is asked about, out of the parts of its sample; a record that says nothing has one picture.

    Raises:
        BadInput: one of them is missing.
    """
    found = asked_about(media) or [(MEDIA[PUZZLE],)]
    lacking = next((medium.name for group in found for medium in group if medium.name not in parts), None)
    if lacking is not None:
        raise BadInput(f"it has no {lacking}")
    return tuple(_asked(group, parts) for group in found)


def _asked(group: Sequence[Media], parts: Mapping[str, bytes]) -> Asked:
    names = tuple(medium.name for medium in group)
    kind = group[0].kind
    files = tuple(parts[name] for name in names)
    return Asked("frames", names, files, _seconds(group)) if kind == "frame" else Asked(kind, names, files)


def _seconds(frames: Sequence[Media]) -> tuple[float, ...]:
    known = [frame.seconds for frame in frames if frame.seconds is not None]
    return known_seconds(known if len(known) == len(frames) else ())


def known_seconds(times: Sequence[float]) -> tuple[float, ...]:
    """The seconds of frames, where time passes and never goes back; a short clip may show one frame several times."""
    passes = len(times) > 1 and times[-1] > times[0]
    return tuple(times) if passes and all(one <= other for one, other in pairwise(times)) else ()


def one_picture(file: bytes) -> tuple[Asked, ...]:
    """A question about one picture."""
    return (Asked("image", (PUZZLE,), (file,)),)


def look_at(asked: Sequence[Asked]) -> Image:
    """The first picture, or first frame, that is asked about; all are decoded, so that nobody finds damage later.

    Raises:
        UnreadableImage: one is damaged.
    """
    return _first(tuple(asked)) if len(asked) > 1 or len(asked[0].files) > 1 else _decoded(asked)


@functools.lru_cache(maxsize=1)
def _first(asked: tuple[Asked, ...]) -> Image:
    """Remembered, since the questions about one clip follow each other; nobody draws into a picture."""
    return _decoded(asked)


def _decoded(asked: Sequence[Asked]) -> Image:
    firsts = [_first_of_clip(one) if one.kind == "video" else _first_of_pictures(one) for one in asked]
    return firsts[0]


def _first_of_pictures(one: Asked) -> Image:
    first, *others = (decode_image(file) for file in one.files)
    if any(other.shape != first.shape for other in others):
        raise UnreadableImage(f"the frames from {one.names[0]} on are not of one size")
    return first


def _first_of_clip(one: Asked) -> Image:
    from vtb.media.video import UnreadableVideo, decode_ends

    try:
        return decode_ends(one.files[0]).first
    except UnreadableVideo as error:
        raise UnreadableImage(f"{one.names[0]}: {error}") from error
