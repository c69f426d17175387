"""One sample of a family: the record that every reader of a dataset sees, and its pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from vtb.formats.webdataset import Sample
from vtb.media.image import Picture, encode_png, encode_rgb
from vtb.puzzles.family import Family, Record
from vtb.rng import sample_rng

RECORD, PUZZLE, SOLUTION, CLIP, REASONING = "json", "puzzle.png", "solution.png", "solution.mp4", "reasoning.png"


def make_record(family: Family, config: Any, stream: str, seed: int, index: int) -> dict[str, Any]:
    """Sample ``index`` of a stream: a puzzle with everything that readers and judges need.

    Args:
        family: the family.
        config: its configuration.
        stream: names the configuration within a run (``maze_square-9``); samples of one stream share a seed space.
        seed: seed of the run.
        index: number of the sample in its stream.
    """
    puzzle = family.sample(sample_rng(seed, stream, index), config)
    return {
        "id": f"{stream}-{index:07d}",
        "task": family.name,
        "task_group": family.group,
        "family": family.name,
        "family_version": family.version,
        "seed": seed,
        "index": index,
        "prompts": {modality: family.ask(puzzle, modality) for modality in ("vlm", "image", "video")},
        "answer": family.answer(puzzle),
        "difficulty": family.difficulty(puzzle),
        **puzzle,
    }


def render(family: Family, record: Record, *, reasoning: bool) -> Sample:
    """The record with its pictures and, when it describes one, its clip."""
    parts = {
        RECORD: json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode(),
        PUZZLE: encode_png(family.draw_puzzle(record), family.palette),
        SOLUTION: encode_png(family.draw_solution(record), family.palette),
    }
    if record.get("clip"):
        parts[CLIP] = encode_record_clip(family, record)
    if reasoning:
        parts[REASONING] = encode_rgb(family.draw_reasoning(record))
    return Sample(record["id"], parts)


def encode_record_clip(family: Family, record: Record) -> bytes:
    """The clip that a record describes."""
    from vtb.media.video import encode_clip

    clip = record["clip"]
    return encode_clip(family.draw_frames(record), family.palette, tuple(clip["size"]), clip["fps"])


def still_frames(family: Family, record: Record, count: int) -> Iterator[tuple[int, Picture]]:
    """A few frames of the record's clip with their numbers, evenly spaced after the first, the last included."""
    last = record["clip"]["frames"] - 1
    wanted = {round(step * last / count) for step in range(1, count + 1)}
    for number, frame in enumerate(family.draw_frames(record)):
        if number in wanted:
            yield number, frame.copy()
