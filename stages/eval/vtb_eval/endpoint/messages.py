"""A question as the messages of a chat: what is shown in its order, then the words."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from vtb.datasets.asked import Asked
from vtb.media.image import Image, decode_image, encode_rgb
from vtb_eval.moving import moving, scaled
from vtb_eval.questions import Question

Part = dict[str, Any]
FRAME_QUALITY = 95  # JPEG; a clip may have hundreds of frames, which were compressed before, too


def messages(question: Question, max_pixels: int) -> list[dict[str, Any]]:
    """The turn of the user; larger pictures and frames are scaled down to so many pixels.

    Raises:
        UnreadableImage: a picture is damaged.
        UnreadableVideo: a clip is.
    """
    shown = [part for one in question.shown for part in _parts(one, max_pixels)]
    return [{"role": "user", "content": [*shown, _words(question.text)]}]


def _parts(one: Asked, max_pixels: int) -> Iterator[Part]:
    """A picture without loss; a clip as its frames, one picture after the other, below a line that says so."""
    if one.kind == "image":
        yield _picture(scaled(decode_image(one.files[0]), max_pixels), None)
        return
    found = moving(one, max_pixels)
    frames = dict(zip(found.numbers, found.frames, strict=True))  # a single one comes twice
    at = ", ".join(f"{number / found.rate:.1f}" for number in frames)
    when = f", at {at} seconds" if one.kind == "video" else ""
    yield _words(f"A video as {len(frames)} frames in their order{when}:")
    for frame in frames.values():
        yield _picture(frame, FRAME_QUALITY)


def _words(text: str) -> Part:
    """Halves of surrogate pairs, which have no UTF-8, become question marks, as in what is kept of the question."""
    return {"type": "text", "text": text.encode(errors="replace").decode()}


def _picture(image: Image, quality: int | None) -> Part:
    kind, data = ("png" if quality is None else "jpeg"), encode_rgb(image, quality=quality)
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{base64.b64encode(data).decode()}"}}
