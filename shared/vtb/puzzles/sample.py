"""One sample of a family: the example that every reader of a dataset sees, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vtb.formats.webdataset import Sample
from vtb.media.image import Picture, encode_png, encode_rgb
from vtb.puzzles.family import Family
from vtb.rng import sample_rng
from vtb.tasks.example import Example, Media, Prompts, encode_example, figures_of
from vtb.tasks.task import MODALITIES

EXAMPLE, PUZZLE, SOLUTION, CLIP, REASONING = "json", "puzzle.png", "solution.png", "solution.mp4", "reasoning.png"
MEDIA = {
    PUZZLE: Media("puzzle", "image", PUZZLE),
    SOLUTION: Media("solution", "image", SOLUTION),
    CLIP: Media("solution", "video", CLIP),
    REASONING: Media("reasoning", "image", REASONING),
}


def make_example(
    family: Family[Any], config: Any, stream: str, seed: int, index: int, *, reasoning: bool = False
) -> Example:
    """Sample ``index`` of a stream: a puzzle with everything that readers and judges need.

    Args:
        family: the family.
        config: its configuration.
        stream: names the configuration within a run (``maze_square-9``); samples of one stream share a seed space.
        seed: seed of the run.
        index: number of the sample in its stream.
        reasoning: it also has the picture with printed names.
    """
    payload = family.sample(sample_rng(seed, stream, index), config)
    parts = [PUZZLE, SOLUTION, *([CLIP] if payload.clip else []), *([REASONING] if reasoning else [])]
    return Example(
        key=f"{stream}-{index:07d}",
        task=family.name,
        version=family.version,
        seed=seed,
        index=index,
        media=tuple(MEDIA[part] for part in parts),
        prompts=Prompts(*(family.ask(payload, modality) for modality in MODALITIES)),
        answer=family.answer(payload),
        difficulty=figures_of(family.difficulty(payload)),
        payload=payload,
    )


def render(family: Family[Any], example: Example) -> Sample:
    """The example with the media that it names."""
    record = example.payload
    draw = {
        PUZZLE: lambda: encode_png(family.draw_puzzle(record), family.palette),
        SOLUTION: lambda: encode_png(family.draw_solution(record), family.palette),
        CLIP: lambda: encode_record_clip(family, record),
        REASONING: lambda: encode_rgb(family.draw_reasoning(record)),
    }
    parts = {medium.name: draw[medium.name]() for medium in example.media}
    return Sample(example.key, {EXAMPLE: encode_example(example), **parts})


def encode_record_clip(family: Family[Any], record: Any) -> bytes:
    """The clip that a record describes."""
    from vtb.media.video import encode_clip

    return encode_clip(family.draw_frames(record), family.palette, record.clip.size, record.clip.fps)


def still_frames(family: Family[Any], record: Any, count: int) -> Iterator[tuple[int, Picture]]:
    """A few frames of the record's clip with their numbers, evenly spaced after the first, the last included."""
    last = record.clip.frames - 1
    wanted = {round(step * last / count) for step in range(1, count + 1)}
    for number, frame in enumerate(family.draw_frames(record)):
        if number in wanted:
            yield number, frame.copy()
