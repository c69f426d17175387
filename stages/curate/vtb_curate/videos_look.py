"""The first step: how long each video file is, and whether anything in it moves but the camera. Nobody is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from vtb.media.frames import MOST_BYTES
from vtb.media.length import Length, clip_length
from vtb.media.video import UnreadableVideo
from vtb.regular_file import read_regular
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.sharding import in_parts
from vtb_curate.videos_options import Options
from vtb_curate.videos_rows import Row

UNREADABLE = "cannot be read"
SHORT, LONG, STILL = "is shorter than --min-seconds", "is longer than --max-seconds", "moves less than --motion-filter"


@dataclass(frozen=True)
class Bounds:
    """What is looked for: lengths in seconds, and the least share of the picture that moves, if anybody looks."""

    min_seconds: float
    max_seconds: float
    motion: float | None

    @classmethod
    def of(cls, options: Options) -> Bounds:
        """As the options say."""
        return cls(options.min_seconds, options.max_seconds, options.motion_filter)

    def misses(self, seconds: float | None, motion: float | None) -> str:
        """Why a video is left out; empty where it is not, or not known."""
        if seconds is not None and seconds < self.min_seconds:
            return SHORT
        if seconds is not None and seconds > self.max_seconds:
            return LONG
        return STILL if motion is not None and self.motion is not None and motion < self.motion else ""


class Looked(msgspec.Struct, frozen=True):
    """What was seen of a video: its length and motion where they are known, and why it is left out, if it is."""

    seconds: float | None = None
    motion: float | None = None
    why: str = ""
    detail: str = ""


@dataclass(frozen=True)
class LookWork:
    """The videos of a shard."""

    rows: tuple[Row, ...]
    bounds: Bounds


def plan_looks(rows: Sequence[Row], options: Options) -> list[Task[LookWork]]:
    """The shards of this step, with the same videos as those of the next."""
    return [
        Task(f"looked/{number:05d}.jsonl", len(part), LookWork(tuple(rows[part.start : part.stop]), Bounds.of(options)))
        for number, part in enumerate(in_parts(len(rows), options.videos_per_shard))
    ]


def look_at_shard(work: LookWork, tick: Tick) -> ShardResult:
    """What was seen of each video, as JSON lines."""
    lines = list[bytes]()
    for row in work.rows:
        lines.append(msgspec.json.encode(look(row, work.bounds)) + b"\n")
        tick(1)
    return ShardResult(b"".join(lines), len(lines))


def read_looked(data: bytes) -> list[Looked]:
    """The lines of a shard."""
    return [msgspec.json.decode(line, type=Looked) for line in data.splitlines()]


def look(row: Row, bounds: Bounds) -> Looked:
    """What is known of a video; of one with a file, what the file says."""
    if row.why:
        return Looked(row.seconds, why=row.why)
    if row.file is None:
        return Looked(row.seconds, why=bounds.misses(row.seconds, None))
    try:
        data = read_regular(row.file, MOST_BYTES)
        length = clip_length(data)
        why = bounds.misses(length.seconds, None)
        motion = _motion(data, length) if bounds.motion is not None and not why else None
    except (OSError, UnreadableVideo) as error:
        return Looked(why=UNREADABLE, detail=in_short(error))
    return Looked(round(length.seconds, 3), motion, why or bounds.misses(length.seconds, motion))


def in_short(error: OSError | UnreadableVideo) -> str:
    """What is wrong with a file, without its place, which differs from machine to machine."""
    return (getattr(error, "strerror", None) or str(error))[:300]


def _motion(data: bytes, length: Length) -> float:
    import cv2

    from vtb.media.camera_motion import moving_share

    cv2.setNumThreads(1)  # the workers share the machine already, and the flow depends on their number
    return moving_share(data, length)
