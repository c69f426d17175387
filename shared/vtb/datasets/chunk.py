"""A part of an input, and an example as it was found there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vtb.artifact import ShardEntry
from vtb.datasets.asked import Asked
from vtb.media.image import Image
from vtb.tasks.example import Example


@dataclass(frozen=True)
class Chunk:
    """A part of an input that is read in one go.

    Attributes:
        uri: the input.
        path: the shard in an artifact, the ``data.json`` of a folder, or a parquet file.
        rows: samples in it.
        start: first record, for a folder or a parquet file.
        split: the split of a curated shard, or that a file's place says; None where samples have none.
        shard: the manifest's entry of a shard, without its figures; None for anything else.
    """

    uri: str
    path: str
    rows: int
    start: int = 0
    split: str | None = None
    shard: ShardEntry | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Loaded:
    """One example as it was found.

    Attributes:
        example: what it says.
        puzzle: the first picture, or frame, that it asks about.
        asked: all that it asks about, as files.
        reasoning: the picture with printed names, where it has one.
        solution: reads the picture with the solution, where it has one.
        clip: reads the clip in which it is solved, where it has one.
    """

    example: Example
    puzzle: Image
    asked: tuple[Asked, ...]
    reasoning: bytes | None
    solution: Callable[[], bytes] | None = None
    clip: Callable[[], bytes] | None = None

    @property
    def key(self) -> str:
        """The example's."""
        return self.example.key
