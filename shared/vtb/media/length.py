"""How long a clip is, by what it holds: its head may say anything."""

from __future__ import annotations

from dataclasses import dataclass

from vtb.media.streams import choose_stream, open_container
from vtb.media.video import UnreadableVideo

MOST_A_SECOND = 1000  # frames; a short file could hold millions otherwise, which all had to be decoded


@dataclass(frozen=True)
class Length:
    """The seconds that a clip takes, how many frames it should have, and from the first on when each is shown."""

    seconds: float
    frames: int
    starts: tuple[float, ...] = ()

    def shown_at(self, place: int) -> float:
        """The second at which a frame is shown; those of a clip that does not say it of all have equal distances."""
        return self.starts[place] if self.starts else place * self.seconds / self.frames


def clip_length(data: bytes) -> Length:
    """The length of a clip by the time stamps of its packets; nothing is decoded.

    Raises:
        UnreadableVideo: no video in it, no frames, no time stamps, or too many frames a second.
    """
    import av

    try:
        with open_container(data) as container:
            stream = choose_stream(data, container)
            if stream is None:
                raise UnreadableVideo("holds no video stream")
            found = [(packet.pts, packet.duration or 0) for packet in container.demux(stream) if packet.size]
            base = stream.time_base
    except (av.FFmpegError, EOFError, ValueError) as error:
        raise UnreadableVideo(f"not a playable clip ({error})") from error
    times = [(start, shown) for start, shown in found if start is not None]
    if not found:
        raise UnreadableVideo("has no frames")
    if not times or base is None:
        raise UnreadableVideo("does not say when its frames are shown")
    (first, _), (last, shown) = min(times), max(times)
    # Where nobody says how long the last frame is shown, it is as long as the others.
    seconds = float((last - first + (shown or (last - first) / max(1, len(times) - 1))) * base)
    if len(found) > MOST_A_SECOND * max(seconds, 1.0):
        raise UnreadableVideo(f"has {len(found)} frames in {seconds:.1f} s")
    starts = sorted(float((start - first) * base) for start, _ in times) if len(times) == len(found) else []
    return Length(seconds, len(found), tuple(starts))
