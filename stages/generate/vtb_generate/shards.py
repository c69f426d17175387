"""From streams of samples to shards: which samples lie where, and how a shard is made."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vtb.errors import UsageProblem
from vtb.formats.vlmpuzzle import folder_files, folder_line
from vtb.formats.webdataset import write_tar
from vtb.puzzles.family import Family
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example, render
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.sharding import in_parts
from vtb.tasks.example import Example

Layout = Literal["shards", "folder"]
MAX_SHARDS = 1_000_000


@dataclass(frozen=True)
class Stream:
    """``count`` samples that belong together; the name enters their seeds.

    Attributes:
        name: what the card calls them.
        config: their configuration.
        count: how many there are.
        family: theirs, in a recipe with several; without one it is the family that the recipe is named after.
        each: a configuration of its own for every sample, in place of the common one.
    """

    name: str
    config: Any
    count: int
    family: str | None = None
    each: tuple[Any, ...] = ()

    def config_of(self, index: int) -> Any:
        """The configuration of one sample."""
        return self.each[index] if self.each else self.config


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a run makes.

    Attributes:
        name: what is made: a family, or a word for several.
        streams: the samples, in their order.
        seed: seed of the run.
        reasoning: also make the picture with printed names.
        layout: how the samples are stored.
        command: the program that makes them.
        preview: samples of each stream on the preview page.
    """

    name: str
    streams: tuple[Stream, ...]
    seed: int
    reasoning: bool
    layout: Layout
    command: str = "vtb-gen-maze"
    preview: int = 0

    @property
    def total(self) -> int:
        """Samples over all streams."""
        return sum(stream.count for stream in self.streams)

    def family_of(self, stream: Stream) -> Family[Any]:
        """The family of one of the streams."""
        return find_family(stream.family or self.name)

    @property
    def families(self) -> list[str]:
        """The names of the families, each once."""
        return list(dict.fromkeys(stream.family or self.name for stream in self.streams))

    def example(self, stream: Stream, index: int) -> Example:
        """One example of a stream."""
        family, config = self.family_of(stream), stream.config_of(index)
        return make_example(family, config, stream.name, self.seed, index, reasoning=self.reasoning)

    def examples(self, numbers: range) -> Iterator[tuple[Stream, Example]]:
        """The examples with these numbers in the run; streams follow each other."""
        first = 0
        for stream in self.streams:
            start, stop = max(numbers.start, first), min(numbers.stop, first + stream.count)
            for number in range(start, stop):
                yield stream, self.example(stream, number - first)
            first += stream.count

    def distinct(self, stream: Stream) -> float | None:
        """How many different puzzles a stream can make, or None where that is not known."""
        family = self.family_of(stream)
        spaces = [family.distinct(config) for config in stream.each or (stream.config,)]
        return None if None in spaces else sum(space for space in spaces if space is not None)


@dataclass(frozen=True)
class ShardWork:
    """The samples of one shard."""

    recipe: Recipe
    numbers: range


def plan_shards(recipe: Recipe, samples_per_shard: int) -> list[Task[ShardWork]]:
    """Shards of a fixed number of samples, named after their index."""
    if recipe.total > MAX_SHARDS * samples_per_shard:
        raise UsageProblem(
            f"{recipe.total} samples are more than {MAX_SHARDS:,} shards of {samples_per_shard}: "
            "take a larger --samples-per-shard"
        )
    suffix = "tar" if recipe.layout == "shards" else "jsonl"
    return [
        Task(f"shards/{index:05d}.{suffix}", len(part), ShardWork(recipe, part))
        for index, part in enumerate(in_parts(recipe.total, samples_per_shard))
    ]


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """The bytes of one shard and its figures."""
    one_thread()
    return (_make_tar if work.recipe.layout == "shards" else _make_folder)(work, tick)


def _make_tar(work: ShardWork, tick: Tick) -> ShardResult:
    figures, samples = Figures(), []
    for stream, example in work.recipe.examples(work.numbers):
        family = work.recipe.family_of(stream)
        samples.append(render(family, example))
        figures.add(family, stream.name, example)
        tick(1)
    return ShardResult(write_tar(samples), len(samples), stats=figures.as_json())


def _make_folder(work: ShardWork, tick: Tick) -> ShardResult:
    figures, lines, files = Figures(), [], dict[str, bytes]()
    for stream, example in work.recipe.examples(work.numbers):
        family = work.recipe.family_of(stream)
        files.update(folder_files(render(family, example), example))
        lines.append(folder_line(example))
        figures.add(family, stream.name, example)
        tick(1)
    return ShardResult("".join(lines).encode(), len(lines), files, figures.as_json())


class Figures:
    """What a shard adds to the dataset card: the puzzles' identities, how hard they are, and the draws they took."""

    def __init__(self) -> None:
        """Empty."""
        self.identities: list[str] = []
        self.difficulty: dict[str, dict[str, Counter[str]]] = {}
        self.tries: Counter[str] = Counter()

    def add(self, family: Family[Any], stream: str, example: Example) -> None:
        """Count one example."""
        identity = f"{stream}:{family.identity(example.payload)}"
        self.identities.append(hashlib.blake2b(identity.encode(), digest_size=8).hexdigest())
        for name, value in example.figures.items():
            self.difficulty.setdefault(stream, {}).setdefault(name, Counter())[f"{value:g}"] += 1
        self.tries[stream] += getattr(example.payload, "tries", 0)

    def as_json(self) -> dict[str, Any]:
        """For a sidecar."""
        plain = {
            stream: {name: dict(counts) for name, counts in figures.items()}
            for stream, figures in self.difficulty.items()
        }
        return {"identities": self.identities, "difficulty": plain, "tries": dict(+self.tries)}


def merge_difficulty(stats: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, dict[float, int]]]:
    """Counts per stream, figure and value over all shards."""
    merged: dict[str, dict[str, dict[float, int]]] = {}
    for shard in stats:
        for stream, fields in shard["difficulty"].items():
            for name, counts in fields.items():
                total = merged.setdefault(stream, {}).setdefault(name, {})
                for value, count in counts.items():
                    total[float(value)] = total.get(float(value), 0) + count
    return merged


def one_thread() -> None:
    """Parallelism is over shards; a library's own threads would only fight for the same cores."""
    import cv2

    cv2.setNumThreads(1)
