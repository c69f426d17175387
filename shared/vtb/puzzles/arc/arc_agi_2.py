"""ARC-AGI-2: pairs of grids that show a rule, one row each; the output of the last row is to be drawn.

Tasks come from the public JSON files. Layout and colors: VideoThinkBench (arXiv 2511.04570), ARC-AGI-2.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from msgspec.structs import asdict, replace

from vtb.errors import BadInput, UsageProblem
from vtb.formats.arc import ArcTask, Grid, grid
from vtb.media.image import Image, Picture, to_rgb
from vtb.puzzles.arc.common.judge import compare, judge
from vtb.puzzles.arc.common.layout import LEAST_CELL, draw, fill, filling, fit, lay_out, least_size, placements
from vtb.puzzles.arc.common.palette import BACKGROUND, PALETTE
from vtb.puzzles.arc.common.record import ArcClip, ArcRecord
from vtb.puzzles.arc.common.toy_tasks import own_task
from vtb.puzzles.family import Clip, Family
from vtb.puzzles.judging.answers import last_grid
from vtb.puzzles.judging.frames import score_last
from vtb.tasks.score import Score
from vtb.tasks.task import ClipFrame, Modality

HOLD = 0.2


@dataclass(frozen=True)
class Config:
    """What can be chosen about a picture of an ARC task."""

    task: ArcTask | None = None
    cell_px: int = field(
        default=32,
        metadata={"help": "Side of a cell in pixels, 6 to 64; smaller where --max-side needs it, at least 4."},
    )
    max_side: int = field(
        default=2048,  # every task with up to twelve training pairs of the largest grids fits
        metadata={"help": "Longest side of the picture in pixels, 320 to 8192; cells become smaller to keep to it."},
    )
    clip: Clip | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if not 6 <= self.cell_px <= 64:
            raise UsageProblem(f"--cell-px {self.cell_px}: a cell has 6 to 64 pixels a side")
        if not 320 <= self.max_side <= 8192:
            raise UsageProblem(f"--max-side {self.max_side}: must be from 320 to 8192 pixels")


class ArcAgi2(Family[ArcRecord]):
    """The family."""

    name = "arc_agi_2"
    group = "arc"
    payload_class = ArcRecord
    config_class = Config
    palette = PALETTE

    def sample(self, rng: random.Random, config: Config) -> ArcRecord:
        """The picture of the given task, about which nothing is random; without one, of a small task of our own."""
        task = config.task or own_task(rng)
        pairs = [*task.train, task.test]
        layout = fit(pairs, config.cell_px, config.max_side, config.max_side)
        if layout.cell < LEAST_CELL:
            raise UsageProblem(
                f"task {task.task_id}: does not fit --max-side {config.max_side}: take {max(least_size(task))}"
            )
        return ArcRecord(
            task_id=task.task_id,
            pairs=pairs,
            cell_size=layout.cell,
            canvas_dimensions=(layout.width, layout.height),
            placements=placements(pairs, layout),
            test_rows=len(pairs[-1][1]),
            test_cols=len(pairs[-1][1][0]),
            test_output=pairs[-1][1],
            clip=_clip_record(config.clip, pairs, task.task_id) if config.clip else None,
        )

    def validate(self, record: ArcRecord) -> None:
        """Grids of ARC, at least one training pair, cells of a sensible size."""
        try:
            for cells in (*(cells for pair in record.pairs for cells in pair), record.test_output):
                grid(cells)
        except ValueError as error:
            raise BadInput(f"a grid is none of ARC's: {error}") from error
        layout = lay_out(record.pairs, record.cell_size)
        if (layout.width, layout.height) != record.canvas_dimensions:
            raise BadInput("canvas_dimensions are not those of the grids")

    def identity(self, record: ArcRecord) -> str:
        """All grids of the task."""
        return hashlib.sha256(json.dumps(record.pairs).encode()).hexdigest()

    def distinct(self, config: Config) -> float | None:
        """One task is one puzzle; those of our own are many."""
        return 1.0 if config.task else None

    def difficulty(self, record: ArcRecord) -> dict[str, float]:
        """Cells and colors of the output, and training pairs."""
        output = record.test_output
        cells = len(output) * len(output[0])
        return {
            "size": max(len(output), len(output[0])),
            "cells": cells,
            "colors": len({color for row in output for color in row}),
            "train_pairs": len(record.pairs) - 1,
        }

    def draw_puzzle(self, record: ArcRecord) -> Picture:
        """All grids but the last output, which is blank."""
        return draw(record.pairs, lay_out(record.pairs, record.cell_size), solved=False)

    def draw_solution(self, record: ArcRecord) -> Picture:
        """All grids."""
        return draw(record.pairs, lay_out(record.pairs, record.cell_size), solved=True)

    def draw_frames(self, record: ArcRecord) -> Iterator[Picture]:
        """The puzzle, the output filled in (the dominant color at once, then cell by cell), and a hold."""
        clip, pairs = record.clip, record.pairs
        assert clip is not None
        layout = lay_out(pairs, clip.cell_size)
        picture = np.full((clip.size[1], clip.size[0]), BACKGROUND, np.uint8)
        left, top = clip.offset
        inside = picture[top : top + layout.height, left : left + layout.width]
        inside[:] = draw(pairs, layout, solved=False)
        yield picture
        hold = max(5, round(HOLD * clip.frames)) if clip.frames > 12 else 1
        steps, frames, done = filling(pairs[-1][1]), clip.frames - 1 - hold, 0
        for number in range(1, frames + 1):
            upto = len(steps) * number // frames
            for step in steps[done:upto]:
                fill(inside, layout, pairs[-1][1], step)
            done = upto
            yield picture
        for _ in range(hold):
            yield picture

    def filmed(self, record: ArcRecord, frames: int) -> ArcRecord:
        """As all families; the clip says the side of a cell too."""
        whole = super().filmed(record, frames)
        assert whole.clip is not None
        return replace(whole, clip=ArcClip(**asdict(whole.clip), cell_size=record.cell_size))

    def ask(self, record: ArcRecord, modality: Modality) -> str:
        """The prompt of a modality."""
        rule = "Each row of this picture shows an input grid and the output grid that one hidden rule makes of it."
        if modality == "vlm":
            return (
                f"{rule} Find the rule and give the output grid of the last row as a JSON list of rows, with colors "
                "as numbers: 0 black, 1 blue, 2 red, 3 green, 4 yellow, 5 grey, 6 magenta, 7 orange, 8 cyan, 9 brown."
            )
        still = "" if modality == "image" else " The camera stands still."
        return f"{rule} Fill in the blank output grid of the last row by the same rule. Change nothing else.{still}"

    def answer(self, record: ArcRecord) -> str:
        """The output grid as JSON."""
        return json.dumps(record.test_output)

    def score_text(self, record: ArcRecord, text: str, puzzle: Image | None = None) -> Score:
        """The last JSON list of rows in the text; every cell must be right."""
        found = last_grid(text)
        return Score(False, False, "no grid") if found is None else compare(found, record.test_output)

    def draw_answer(self, record: ArcRecord, text: str, puzzle: Image) -> Image | None:
        """The solution with the named grid, where it has the right size."""
        found, right = last_grid(text), record.test_output
        if found is None or (len(found), len(found[0])) != (len(right), len(right[0])):
            return None
        pairs = [*record.pairs[:-1], (record.pairs[-1][0], found)]
        return to_rgb(self.draw_solution(replace(record, pairs=pairs)), self.palette)

    def score_image(self, record: ArcRecord, image: Image, puzzle: Image | None = None) -> Score:
        """The nearest color of every cell's inner part; every cell must be right."""
        layout = lay_out(record.pairs, record.cell_size)
        return judge(image, layout, record.test_output)

    def score_frame(self, record: ArcRecord, frame: Image, puzzle: Image | None = None) -> Score:
        """The same for the part of a frame that shows the canvas."""
        clip = record.clip
        if not clip:
            return self.score_image(record, frame)
        layout = lay_out(record.pairs, clip.cell_size)
        x, y = frame.shape[1] / clip.size[0], frame.shape[0] / clip.size[1]
        left, top = clip.offset
        part = frame[
            round(top * y) : round((top + layout.height) * y), round(left * x) : round((left + layout.width) * x)
        ]
        return judge(part, layout, record.test_output)

    def score_video(
        self, record: ArcRecord, frames: Iterable[ClipFrame], puzzle: Image | None = None
    ) -> dict[str, Score]:
        """By the last frame."""
        return score_last(self.score_frame, record, frames, puzzle)


def _clip_record(clip: Clip, pairs: Sequence[tuple[Grid, Grid]], task_id: str) -> ArcClip:
    width, height = clip.size
    layout = fit(pairs, 64, width, height)
    if layout.cell < LEAST_CELL:
        raise UsageProblem(
            f"task {task_id}: leaves fewer than {LEAST_CELL} pixels a cell in a clip of {width}x{height}: "
            "take a larger --clip-size"
        )
    offset = (width - layout.width) // 2, (height - layout.height) // 2
    return ArcClip(frames=clip.frames, fps=clip.fps, size=clip.size, cell_size=layout.cell, offset=offset)


FAMILY = ArcAgi2()
