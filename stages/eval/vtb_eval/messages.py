"""A question as the messages of a chat: what is shown in its order, then the words."""

from __future__ import annotations

from collections.abc import Iterator

from vtb.chat.parts import FRAME_QUALITY, Messages, Part, picture, words
from vtb.datasets.asked import Asked
from vtb.datasets.moving import moving, scaled
from vtb.media.image import decode_image
from vtb_eval.questions import Question


def messages(question: Question, max_pixels: int) -> Messages:
    """The turn of the user; larger pictures and frames are scaled down to so many pixels.

    Raises:
        UnreadableImage: a picture is damaged.
        UnreadableVideo: a clip is.
    """
    shown = [part for one in question.shown for part in _parts(one, max_pixels)]
    return [{"role": "user", "content": [*shown, words(question.text)]}]


def _parts(one: Asked, max_pixels: int) -> Iterator[Part]:
    """A picture without loss; a clip as its frames, one picture after the other, below a line that says so."""
    if one.kind == "image":
        yield picture(scaled(decode_image(one.files[0]), max_pixels), None)
        return
    found = moving(one, max_pixels)
    frames = dict(zip(found.numbers, found.frames, strict=True))  # a single one comes twice
    at = ", ".join(f"{second:.1f}" for second in one.seconds or [number / found.rate for number in frames])
    when = f", at {at} seconds" if one.kind == "video" or one.seconds else ""
    yield words(f"A video as {len(frames)} frames in their order{when}:")
    for frame in frames.values():
        yield picture(frame, FRAME_QUALITY)
