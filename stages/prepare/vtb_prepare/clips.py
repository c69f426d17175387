"""From puzzles to clips."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from vtb.datasets.chunk import Loaded
from vtb.errors import BadInput
from vtb.formats.special_tokens import neutral
from vtb.media.video import ClipEnds, UnreadableVideo, decode_ends
from vtb.stage.run import Run
from vtb.tasks.registry import task_of
from vtb.tasks.score import UNJUDGED
from vtb_prepare.drawn import Form, Row, prepare_drawn
from vtb_prepare.video_options import Options

ALSO = "train_video.csv"  # the name that earlier tools give to the rows of train
COLUMNS = ("video", "prompt", "task_type", "task_group", "id")


def make_clips(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
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
    return {"video": path, "prompt": neutral(loaded.example.prompts.video)}, {path: data}


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
