"""Samples as pages show them: drawn anew from their records, or as the shards of a data set hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.formats.webdataset import Sample
from vtb.media.image import decode_image, encode_png, encode_rgb
from vtb.media.video import decode_clip
from vtb.puzzles.family import Family
from vtb.puzzles.sample import CLIP, EXAMPLE, MEDIA, PUZZLE, REASONING, SOLUTION, still_frames
from vtb.report.pages import Picture
from vtb.tasks.example import Example, Media, asked_about, media_named
from vtb.tasks.registry import decode_example, task_of
from vtb.tasks.task import MODALITIES, Task

TITLES = {
    "eyeballing": "Eyeballing puzzles", "maze": "Mazes", "visual": "Visual puzzles", "arc": "ARC tasks",
    "vsi": "Space in videos",
}  # fmt: skip
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


def shown(task: Task[Any], example: Example, label: str, pictures: Iterable[Picture]) -> Shown:
    """An example with its pictures."""
    prompts: dict[str, str] = {modality: example.prompts.of(modality) for modality in MODALITIES}
    return Shown(label, example.task, task.group, prompts, example.answer, example.figures, list(pictures))


def drawn(family: Family[Any], example: Example, label: str, frames: int) -> Shown:
    """A sample of a generator, with frames of its clip where it has one and the picture with printed names."""
    return shown(family, example, label, _drawn(family, example, frames))


def _drawn(family: Family[Any], example: Example, frames: int) -> Iterator[Picture]:
    record = example.payload
    puzzle = family.draw_puzzle(record)
    yield Picture("puzzle", encode_png(puzzle, family.palette))
    yield Picture("solution", encode_png(family.draw_solution(record), family.palette))
    if record.clip:
        total = record.clip.frames
        for number, frame in still_frames(family, record, frames):
            yield Picture(f"frame {number + 1} of {total}", encode_png(frame, family.palette))
    plain = family.puzzle(record)
    named = media_named(example.media, "reasoning") is not None
    reasoning = family.draw_reasoning(record) if named else family.show(record, plain)
    if named or reasoning is not plain:
        yield Picture(WITH_NAMES, encode_rgb(reasoning))


def stored(sample: Sample, frames: int) -> Shown:
    """A sample of a shard, as it is there."""
    example = decode_example(sample.parts[EXAMPLE])
    return shown(task_of(example), example, sample.key, _stored(sample, example, frames))


def _stored(sample: Sample, example: Example, frames: int) -> Iterator[Picture]:
    asked = asked_about(example.media) or [(MEDIA[PUZZLE],)]
    for number, group in enumerate(asked, 1):
        caption = "puzzle" if len(asked) == 1 else f"{number} of {len(asked)} shown"
        yield from _asked(sample, group, caption, frames)
    if SOLUTION in sample.parts:
        yield Picture("solution", _png(sample.parts[SOLUTION]))
    if CLIP in sample.parts:
        yield from _frames(sample.parts[CLIP], frames)
    if REASONING in sample.parts:
        yield Picture(WITH_NAMES, _png(sample.parts[REASONING]))


def _asked(sample: Sample, group: Sequence[Media], caption: str, frames: int) -> Iterator[Picture]:
    """A picture, or a few frames of a clip."""
    if group[0].kind == "video":
        yield from _frames(sample.parts[group[0].name], frames)
        return
    step = max(1, len(group) // frames) if frames else len(group)
    for medium in group[::step]:
        yield Picture(caption, _png(sample.parts[medium.name]))


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
