"""``vtb-prepare video``: clips in which puzzles are solved, for DiffSynth-Studio."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from vtb.datasets.chunk import Loaded
from vtb.errors import BadInput, UsageProblem
from vtb.media.frame_count import valid_frame_count
from vtb.media.video import ClipEnds, UnreadableVideo, decode_ends
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import option
from vtb.stage.run import Run
from vtb.tasks.registry import task_of
from vtb.tasks.score import UNJUDGED
from vtb_prepare.drawn import DrawnOptions, Form, Row, prepare_drawn

STAGE = Stage(
    command="vtb-prepare video",
    summary="Write clips in which puzzles are solved for training a video model.",
    version=1,
    image="vtb/prepare",
    reads=("puzzles",),
    many_inputs=True,
    writes=("diffsynth-dataset",),
    parallel="shards",
    resources=Resources(cpu="2", memory="4Gi"),
)
ALSO = "train_video.csv"  # the name that earlier tools give to the rows of train
COLUMNS = ("video", "prompt", "task_type", "task_group", "id")


@dataclass(frozen=True)
class Options(DrawnOptions):
    """The command's own options."""

    frames: int = option(81, help="Frames of every clip, 4k+1: the engine takes the first so many and drops the rest.")
    size: tuple[int, int] = option(
        (480, 480), metavar="WxH",
        help="Size of every clip, multiples of 32: the engine scales to cover its size and cuts the rest off.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse what a video model would round."""
        if not valid_frame_count(self.frames):
            raise UsageProblem(f"--frames {self.frames}: video models take 4k+1 frames, at least 5, for example 81")
        width, height = self.size
        if width % 32 or height % 32 or min(self.size) < 32:
            raise UsageProblem(f"--size {width}x{height}: both sides must be multiples of 32")


@stage_command(STAGE, Options)
def video(run: Run, options: Options) -> None:
    """Write clips in which puzzles are solved for training a video model.

    Reads curated or raw puzzles artifacts with clips, or a folder in the VLMPuzzle layout (data.json). Writes
    metadata.csv and metadata_val.csv as DiffSynth-Studio reads them (video, prompt), train_video.csv with the same rows
    as metadata.csv, and what judges need in examples.jsonl; the clips are packed in one tar per shard. A clip that the
    engine would shorten, crop or squeeze is refused, and so is one whose last frame does not show the answer. A curated
    test split is left out.

    Example: vtb-prepare video --input out/curated --frames 81 --size 480x480 --output out/clips
    """
    metadata = {"train": "metadata.csv", "val": "metadata_val.csv"}
    prepare_drawn(run, options, Form("clips", metadata, partial(make_clip, options), _csv, COLUMNS, _more))


def make_clip(options: Options, loaded: Loaded, stem: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The prompt and the path of the clip, which is checked from its first frame to its last."""
    if loaded.clip is None:
        raise BadInput("has no clip: generate with --video")
    try:
        data = loaded.clip()
        ends = decode_ends(data)
    except UnreadableVideo as error:
        raise BadInput(f"its clip cannot be read ({error})") from error
    _check_form(ends, options)
    _check_answer(loaded, ends)
    path = f"{stem}.mp4"
    return {"video": path, "prompt": loaded.example.prompts.video}, {path: data}


def _check_form(ends: ClipEnds, options: Options) -> None:
    height, width = ends.first.shape[:2]
    if (width, height) == options.size and ends.count == options.frames:
        return
    (wide, high), frames = options.size, options.frames
    raise BadInput(
        f"its clip has {ends.count} frames of {width}x{height}, not {frames} of {wide}x{high}, so the engine would cut "
        f"it: generate with --frames {frames} --clip-size {wide}x{high}, or give its form as --frames and --size"
    )


def _check_answer(loaded: Loaded, ends: ClipEnds) -> None:
    """The last frame shows the answer, and the first does not."""
    task, record = task_of(loaded.example), loaded.example.payload
    last = task.score_frame(record, ends.last, loaded.puzzle)
    if not last.tolerant and last.reason != UNJUDGED:
        raise BadInput(f"the last frame of its clip does not show the answer ({last.reason})")
    if task.score_frame(record, ends.first, loaded.puzzle).tolerant:
        raise BadInput("the first frame of its clip shows the answer already")


def _more(rows: Mapping[str, Sequence[Row]]) -> dict[str, bytes]:
    """The rows of train once more, and the examples behind all clips."""
    examples = "".join(row["example"] + "\n" for found in rows.values() for row in found)
    return {ALSO: _csv(rows["train"]), "examples.jsonl": examples.encode()}


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, quoting=csv.QUOTE_ALL, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(errors="replace")
