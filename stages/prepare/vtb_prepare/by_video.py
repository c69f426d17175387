"""Questions gathered by the video that they ask about, so that each is decoded once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from vtb.artifact import InputEntry
from vtb.datasets.video_folder import benchmark_looks
from vtb.media.frames import alike, looks, within_pixels
from vtb.media.image import Image, encode_rgb
from vtb.store import open_store
from vtb_prepare.quality import quality_gate

log = logging.getLogger("vtb.prepare")
PER_SHARD = 16  # videos; 32 frames of 262,144 pixels each take some 25 MB
QUALITY = 90  # of the JPEG files; the videos have been compressed already
LEAST_ALIKE = 3  # frames that look like a benchmark's make a video one of its videos
T = TypeVar("T")
Group = tuple[tuple[str, Path, tuple[T, ...]], ...]  # of each video: its name, where it lies, what asks about it


def by_video(named: Iterable[tuple[str, T]], find: Callable[[str], Path | None]) -> tuple[list[Group[T]], list[str]]:
    """Groups of sixteen videos, in the order of their first questions; and the names of those that are not there."""
    gathered: dict[str, list[T]] = {}
    for name, question in named:
        gathered.setdefault(name, []).append(question)
    there = [(name, place, tuple(some)) for name, some in gathered.items() if (place := find(name))]
    groups = [tuple(there[start : start + PER_SHARD]) for start in range(0, len(there), PER_SHARD)]
    return groups, sorted(gathered.keys() - {name for name, *_ in there})


def encoded(frames: Sequence[Image], most_pixels: int) -> list[bytes]:
    """Frames as JPEG files, scaled down where they have more pixels."""
    return [encode_rgb(within_pixels(one, most_pixels), quality=QUALITY) for one in frames]


def looks_known(frames: Sequence[Image], benchmark: Path | None) -> bool:
    """Whether a video's frames look like those of a benchmark's videos, which lie in a folder."""
    theirs = benchmark_looks(benchmark)
    return theirs is not None and alike(looks(list(frames)), theirs) >= min(LEAST_ALIKE, len(frames))


def check_quality(missing: Iterable[str], damaged: Iterable[str], videos: int, max_bad: float) -> list[str]:
    """What is missing or damaged, named in the log.

    Raises:
        QualityGate: it is a larger share of the videos than ``--max-bad`` allows.
    """
    bad = [*(f"{name}: is not there" for name in missing), *damaged]
    for one in bad:
        log.warning("left out: %s", one)
    quality_gate(bad, videos, max_bad, "videos are missing or damaged")
    return bad


def inputs_of(named: Iterable[tuple[str, Path, str]]) -> list[InputEntry]:
    """Files and folders by kind, place and digest; of videos that of names and sizes, since hashing takes hours."""
    return [InputEntry(open_store(str(path)).uri, kind, digest) for kind, path, digest in named]
