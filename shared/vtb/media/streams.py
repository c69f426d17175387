"""Which stream of a file is the clip, and its frames."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

# Covers, thumbnails of chapters, and pictures that are shown as such: no player takes them for the video.
PICTURES = ("attached_pic", "timed_thumbnails", "still_image")
# The decoders of FFmpeg itself pass over the second picture of WebM, which holds the transparency.
WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
CLOSED = {
    # Containers that models write; others are playlists and session descriptions, which name other files to read.
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,ogg,mpegts,flv,gif,mpeg,asf,ivf,apng",
    "protocol_whitelist": "",
}


def open_container(data: bytes) -> Any:
    """The file, opened so that nothing but its own bytes is read."""
    import av

    return av.open(io.BytesIO(data), options=CLOSED, metadata_errors="ignore")


def choose_stream(data: bytes, container: Any) -> Any | None:
    """The stream that players show, or None without one: moving before still, the default one, the largest, the first.

    A stream of a codec that nobody knows is taken only where there is no other.
    """
    from av.stream import Disposition

    passed = Disposition(0)
    for name in PICTURES:
        passed |= Disposition[name]
    streams = [stream for stream in container.streams.video if not stream.disposition & passed]
    if len(streams) < 2:
        return streams[0] if streams else None
    packets = _packets(data)

    def merit(stream: Any) -> tuple[bool, bool, bool, int]:
        context = stream.codec_context
        size = context.width * context.height if context else 0
        return bool(context), packets[stream.index] > 1, bool(stream.disposition & Disposition.default), size

    return max(streams, key=merit)


def _packets(data: bytes) -> Counter[int]:
    """How many packets each stream has; not every container says it, and those that do may be wrong."""
    with open_container(data) as container:
        return Counter(packet.stream_index for packet in container.demux() if packet.size)


def frames_of(container: Any, stream: Any) -> Iterator[Any]:
    """The frames of one stream as PyAV gives them."""
    import av

    name = stream.codec_context.name
    if name not in WITH_ALPHA or stream.metadata.get("alpha_mode") != "1":
        yield from container.decode(stream)
        return
    decode: Callable[[Any], list[Any]] = av.CodecContext.create(WITH_ALPHA[name], "r").decode
    for packet in container.demux(stream):
        yield from decode(packet)
