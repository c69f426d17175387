"""What the rows of a latent dataset are, whatever they are made from, and what a shard of them counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vtb.artifact import InputEntry
from vtb.formats.media_tar import pack
from vtb.stage.executor import Maker, ShardResult, Task

MOST_NAMED = 20  # rows that the log names; the manifest names all
COLUMNS = ("id", "text_input", "image_input", "sequence_plan", "original_final_answer", "task", "example")
Step = Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """What a dataset is made from.

    Attributes:
        inputs: for the plan.
        tasks: its shards.
        make: makes one of them.
        license: of the data.
        bad: rows that turned out to be of no use before any shard was made.
    """

    inputs: Sequence[InputEntry]
    tasks: Sequence[Task[Any]]
    make: Maker[Any]
    license: Callable[[], str]
    bad: Sequence[str] = ()


def text_step(words: str) -> Step:
    """Words of an answer."""
    return {"type": "text", "content": words}


def latent_step(picture: str) -> Step:
    """A place in an answer where a model thinks in pictures, and what it should see there."""
    return {"type": "latent", "helper_image": picture}


def helpers(plan: Sequence[Step]) -> list[str]:
    """The helper pictures of an answer, in order."""
    return [step["helper_image"] for step in plan if step["type"] == "latent"]


@dataclass
class ShardRows:
    """The rows of a shard as they are made, with their media."""

    number: int
    lines: list[str] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)
    splits: Counter[str] = field(default_factory=Counter)
    segments: Counter[int] = field(default_factory=Counter)
    tasks: set[str] = field(default_factory=set)

    def stem(self, place: int) -> str:
        """What the paths of a row's media begin with."""
        return f"media/{self.number:05d}/{place:06d}"

    def add(self, split: str, row: Mapping[str, Any], media: Mapping[str, bytes]) -> None:
        """A row of a split with the media that it names."""
        # ASCII, since some characters beyond it end a line for ``splitlines``.
        self.lines.append(json.dumps({"split": split, **{name: row[name] for name in COLUMNS}}) + "\n")
        self.media.update(media)
        self.splits[split] += 1
        self.segments[len(helpers(row["sequence_plan"]))] += 1
        self.tasks.add(row["task"])

    def result(self) -> ShardResult:
        """The shard."""
        told = {
            "bad": self.bad, "splits": dict(self.splits), "tasks": sorted(self.tasks),
            "segments": {str(count): rows for count, rows in sorted(self.segments.items())},
        }  # fmt: skip
        packed = {f"media/{self.number:05d}.tar": pack(self.media)}
        return ShardResult("".join(self.lines).encode(), len(self.lines), packed, told)
