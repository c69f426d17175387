"""What the rows are made from, a shard of them as it is made, and the card."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vtb.artifact import InputEntry, ShardEntry
from vtb.benchmarks.dynamic import NAME
from vtb.datasets.asked import Asked
from vtb.datasets.chunk import Loaded
from vtb.errors import BadInput
from vtb.formats.media_tar import pack
from vtb.report.card import DatasetCard, write_card
from vtb.report.features import sft_features
from vtb.stage.executor import Maker, ShardResult, Task
from vtb_prepare.vlm_shards import make_row


@dataclass(frozen=True)
class Source:
    """What a dataset is made from.

    Attributes:
        inputs: for the plan.
        tasks: its shards.
        make: makes one of them.
        license: of the data.
        odd: rows that are of no use.
        missing: names of videos that are not there.
        known: names of videos of a benchmark, found before any shard is made.
    """

    inputs: Sequence[InputEntry]
    tasks: Sequence[Task[Any]]
    make: Maker[Any]
    license: Callable[[], str]
    odd: Sequence[str] = ()
    missing: Sequence[str] = ()
    known: Sequence[str] = ()


@dataclass
class ShardRows:
    """The rows of a shard as they are made, with each frame that they show once."""

    number: int
    videos: int = 0
    lines: list[str] = field(default_factory=list)
    frames: dict[bytes, str] = field(default_factory=dict)
    splits: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    def add(self, loaded: Loaded, asked: Sequence[Asked], split: str) -> None:
        """A question of a split, with what it shows."""
        row = make_row(loaded, [(one.kind, self._paths(one)) for one in asked], split)
        row["times"] = [list(one.seconds) for one in asked]
        source = loaded.example.source
        if source != NAME:
            raise BadInput(f"sample {loaded.key[:100]}: is of {source}, not of {NAME}: give it to vtb-prepare vlm")
        self.lines.append(json.dumps(row) + "\n")
        self.splits[split] += 1
        self.types[row["task_type"]] += 1

    def _paths(self, one: Asked) -> list[str]:
        return [
            self.frames.setdefault(file, f"media/{self.number:05d}/{len(self.frames):06d}{ending}")
            for file, ending in zip(one.files, one.endings, strict=True)
        ]

    def result(self) -> ShardResult:
        """The shard."""
        packed = pack({path: data for data, path in self.frames.items()})
        told = {
            "splits": dict(self.splits), "types": dict(self.types), "bad": self.bad, "benchmark_videos": self.known,
            "videos": self.videos,
        }  # fmt: skip
        return ShardResult(
            "".join(self.lines).encode(), len(self.lines), {f"media/{self.number:05d}.tar": packed}, told
        )


def card_of(shards: Sequence[ShardEntry], counts: Mapping[str, int], types: Mapping[str, int], license: str) -> str:
    """The dataset card."""
    rows = sum(counts.values())
    return write_card(
        DatasetCard(
            title=f"{rows:,} questions about how things move in videos, for ms-swift",
            tags=("visual-reasoning", "spatial-reasoning", *types),
            license=license,
            rows=rows,
            bytes=sum(shard.all_bytes for shard in shards),
            data_files={split: f"{split}_sft.jsonl" for split, count in counts.items() if count},
            features=sft_features("frames", timed=True),
            made_with="vtb-prepare dynamic",
            counts=counts,
            picture=None,
            layout="Each entry of `videos` is a list of frames, and of `times` their seconds, where they are known; "
            "`for t in media/*.tar; do tar xf $t; done` in this folder unpacks them. In `*_grpo.jsonl` only `solution` "
            "and `example` have the answer.",
        )
    )
