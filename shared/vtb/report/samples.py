"""Samples as pages show them: drawn anew from their records, or as the shards of a data set hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.formats.webdataset import Sample
from vtb.media.image import decode_image, encode_png, encode_rgb, to_rgb
from vtb.media.video import decode_clip
from vtb.puzzles import Family
from vtb.puzzles.sample import CLIP, PUZZLE, REASONING, RECORD, SOLUTION, still_frames
from vtb.report.pages import Picture

TITLES = {"eyeballing": "Eyeballing puzzles", "maze": "Mazes", "visual": "Visual puzzles", "arc": "ARC tasks"}
PNG = b"\x89PNG\r\n\x1a\n"
WITH_NAMES = "as models that answer in words see it"


@dataclass(frozen=True)
class Shown:
    """One sample on a page.

    Attributes:
        label: what it is called.
        family: its family.
        group: the group of the family.
        prompts: by kind of model.
        answer: the right answer in words.
        difficulty: its figures.
        pictures: from left to right, first the puzzle, then the solution.
    """

    label: str
    family: str
    group: str
    prompts: Mapping[str, str]
    answer: str
    difficulty: Mapping[str, float]
    pictures: Sequence[Picture]


@dataclass(frozen=True)
class ShownFamily:
    """The samples of one family, and the prompts that all of them have."""

    name: str
    prompts: Mapping[str, str]
    samples: Sequence[Shown]


@dataclass(frozen=True)
class ShownGroup:
    """The families of one group."""

    title: str
    families: Sequence[ShownFamily]


def title_of(group: str) -> str:
    """What people call a group."""
    return TITLES.get(group, group.replace("_", " ").capitalize())


def grouped(samples: Iterable[Shown]) -> list[ShownGroup]:
    """By group and family, each in the order of its first sample."""
    groups: dict[str, dict[str, list[Shown]]] = {}
    for one in samples:
        groups.setdefault(one.group, {}).setdefault(one.family, []).append(one)
    return [
        ShownGroup(title_of(group), [ShownFamily(name, _common(found), found) for name, found in families.items()])
        for group, families in groups.items()
    ]


def _common(samples: Sequence[Shown]) -> dict[str, str]:
    prompts = samples[0].prompts
    return {kind: text for kind, text in prompts.items() if all(one.prompts.get(kind) == text for one in samples)}


def shown(record: Mapping[str, Any], label: str, pictures: Iterable[Picture]) -> Shown:
    """A record with its pictures."""
    return Shown(
        label, record["family"], record["task_group"], record["prompts"], record["answer"], record["difficulty"],
        list(pictures),
    )  # fmt: skip


def drawn(family: Family, record: dict[str, Any], label: str, frames: int) -> Shown:
    """A sample of a generator, with frames of its clip where it has one and the picture with printed names."""
    return shown(record, label, _drawn(family, record, frames))


def _drawn(family: Family, record: dict[str, Any], frames: int) -> Iterator[Picture]:
    puzzle = family.draw_puzzle(record)
    yield Picture("puzzle", encode_png(puzzle, family.palette))
    yield Picture("solution", encode_png(family.draw_solution(record), family.palette))
    if record.get("clip"):
        total = record["clip"]["frames"]
        for number, frame in still_frames(family, record, frames):
            yield Picture(f"frame {number + 1} of {total}", encode_png(frame, family.palette))
    reasoning = family.draw_reasoning(record)
    if (reasoning != to_rgb(puzzle, family.palette)).any():
        yield Picture(WITH_NAMES, encode_rgb(reasoning))


def stored(sample: Sample, frames: int) -> Shown:
    """A sample of a shard, as it is there."""
    record = json.loads(sample.parts[RECORD])
    return shown(record, sample.key, _stored(sample, frames))


def _stored(sample: Sample, frames: int) -> Iterator[Picture]:
    yield Picture("puzzle", _png(sample.parts[PUZZLE]))
    yield Picture("solution", _png(sample.parts[SOLUTION]))
    if CLIP in sample.parts:
        yield from _frames(sample.parts[CLIP], frames)
    if REASONING in sample.parts:
        yield Picture(WITH_NAMES, _png(sample.parts[REASONING]))


def _png(data: bytes) -> bytes:
    """Pictures that others made may be of any kind."""
    return data if data.startswith(PNG) else encode_rgb(decode_image(data))


def _frames(clip: bytes, count: int) -> Iterator[Picture]:
    """A few frames, evenly spaced after the first, the last included."""
    total = sum(1 for _ in decode_clip(clip))
    wanted = {round(step * (total - 1) / count) for step in range(1, count + 1)}
    for number, frame in enumerate(decode_clip(clip)):
        if number in wanted:
            yield Picture(f"frame {number + 1} of {total}", encode_rgb(frame()))
