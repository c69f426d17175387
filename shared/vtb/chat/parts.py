"""The parts of a message: words and pictures."""

from __future__ import annotations

import base64
from typing import Any

from vtb.media.image import Image, encode_rgb

Part = dict[str, Any]
Messages = list[dict[str, Any]]  # the turns of a chat
FRAME_QUALITY = 95  # JPEG; a clip may have hundreds of frames, which were compressed before, too


def words(text: str) -> Part:
    """Halves of surrogate pairs, which have no UTF-8, become question marks, as in what is kept of the question."""
    return {"type": "text", "text": text.encode(errors="replace").decode()}


def picture(image: Image, quality: int | None) -> Part:
    """A picture in the message itself: PNG, or JPEG where there is a quality."""
    kind, data = ("png" if quality is None else "jpeg"), encode_rgb(image, quality=quality)
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{base64.b64encode(data).decode()}"}}
