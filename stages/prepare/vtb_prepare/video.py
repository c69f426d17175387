"""``vtb-prepare video``: clips in which puzzles are solved, for DiffSynth-Studio."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.datasets.readers import chunks, describe_input
from vtb.errors import BadInput, UsageProblem
from vtb.formats.webdataset import Sample
from vtb.media.image import UnreadableImage, decode_image
from vtb.media.video import ClipEnds, UnreadableVideo, decode_ends, valid_frame_count
from vtb.puzzles.sample import PUZZLE
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run
from vtb.tasks.example import Example, media_named
from vtb.tasks.registry import task_of
from vtb.tasks.score import UNJUDGED
from vtb_prepare.drawn import check_quality, chosen_rows, make_shard, plan_shards
from vtb_prepare.drawn_card import drawn_card
from vtb_prepare.splits import to_learn_from

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
METADATA = {"train": "metadata.csv", "val": "metadata_val.csv"}
ALSO = "train_video.csv"  # the name that earlier tools give to the rows of train
COLUMNS = ("video", "prompt", "task_type", "task_group", "id")


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    frames: int = option(81, help="Frames of every clip, 4k+1: the engine takes the first so many and drops the rest.")
    size: tuple[int, int] = option(
        (480, 480), metavar="WxH",
        help="Size of every clip, multiples of 32: the engine scales to cover its size and cuts the rest off.",
    )  # fmt: skip
    per_task: int | None = option(None, low=1, help="At most so many samples of each task for train.")
    val: float = option(
        0.05, low=0, high=1,
        help="Share of puzzles for val where the input has no splits; a curated input keeps its own.",
    )  # fmt: skip
    max_bad: float = option(
        0.0, low=0, high=1, affects_output=False,
        help="Largest share of samples whose clip cannot be used; above it the command exits 5.",
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
    entries = [describe_input(uri, STAGE.reads) for uri in run.inputs]
    found = to_learn_from([chunk for entry in entries for chunk in chunks(entry)], run.inputs)
    tasks = plan_shards(found, options.val, run.seed, partial(make_clip, options))
    run.make_shards(
        run.plan(options, entries), tasks, make_shard, lambda output: partial(combine, output, run, options),
        what="clips", summary=f"{sum(task.rows for task in tasks)} clips",
    )  # fmt: skip


def make_clip(options: Options, example: Example, sample: Sample, stem: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The prompt and the path of the clip, which is checked from its first frame to its last."""
    name = media_named(example.media, "solution", "video")
    if name is None or name not in sample.parts:
        raise BadInput("has no clip: generate with --video")
    data = sample.parts[name]
    try:
        ends = decode_ends(data)
    except UnreadableVideo as error:
        raise BadInput(f"its clip cannot be read ({error})") from error
    _check_form(ends, options)
    _check_answer(example, ends, sample.parts[PUZZLE])
    path = f"{stem}.mp4"
    return {"video": path, "prompt": example.prompts.video}, {path: data}


def _check_form(ends: ClipEnds, options: Options) -> None:
    height, width = ends.first.shape[:2]
    if (width, height) == options.size and ends.count == options.frames:
        return
    (wide, high), frames = options.size, options.frames
    raise BadInput(
        f"its clip has {ends.count} frames of {width}x{height}, not {frames} of {wide}x{high}, so the engine would cut "
        f"it: generate with --frames {frames} --clip-size {wide}x{high}, or give its form as --frames and --size"
    )


def _check_answer(example: Example, ends: ClipEnds, puzzle: bytes) -> None:
    """The last frame shows the answer, and the first does not."""
    task = task_of(example)
    try:
        asked = decode_image(puzzle)
    except UnreadableImage as error:
        raise BadInput(f"its picture cannot be read ({error})") from error
    last = task.score_frame(example.payload, ends.last, asked)
    if not last.tolerant and last.reason != UNJUDGED:
        raise BadInput(f"the last frame of its clip does not show the answer ({last.reason})")
    if task.score_frame(example.payload, ends.first, asked).tolerant:
        raise BadInput("the first frame of its clip shows the answer already")


def combine(
    output: Output, run: Run, options: Options, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """DiffSynth's files, the examples behind the clips, and a card."""
    bad = check_quality(output, shards, options.max_bad)
    rows = chosen_rows(output, shards, options.per_task, run.seed)
    files = [output.put(METADATA[split], _csv(found)) for split, found in rows.items()]
    files.append(output.put(ALSO, _csv(rows["train"])))
    examples = "".join(row["example"] + "\n" for found in rows.values() for row in found)
    files.append(output.put("examples.jsonl", examples.encode()))
    told = {split: [{name: row[name] for name in COLUMNS} for row in found] for split, found in rows.items()}
    card = drawn_card("clips", STAGE.command, told, METADATA, shards, run.inputs)
    counts = {split: len(found) for split, found in rows.items()}
    return [*files, output.put("README.md", card.encode())], {"rows": counts, "left_out": bad}


def _csv(rows: Sequence[Any]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, quoting=csv.QUOTE_ALL, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(errors="replace")
