"""Frames of clips as judges take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vtb.media.image import Image
from vtb.media.video import decode_clip
from vtb.tasks.task import ClipFrame


def frames_of(images: Iterable[Image]) -> Iterator[ClipFrame]:
    for image in images:
        yield lambda image=image: image  # type: ignore[misc]


def images_of(data: bytes) -> list[Image]:
    return [frame() for frame in decode_clip(data)]
