"""``vtb-prepare image``: puzzles and their solutions as pairs of pictures, for DiffSynth-Studio."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.datasets.readers import chunks, describe_input
from vtb.errors import BadInput
from vtb.formats.webdataset import Sample
from vtb.media.image import Image, UnreadableImage, decode_image, encode_rgb
from vtb.puzzles.sample import PUZZLE
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run
from vtb.tasks.example import Example, media_named
from vtb_prepare.drawn import check_quality, chosen_rows, make_shard, plan_shards
from vtb_prepare.drawn_card import drawn_card
from vtb_prepare.splits import to_learn_from

STAGE = Stage(
    command="vtb-prepare image",
    summary="Write puzzles and solutions as pairs of pictures for training an image-editing model.",
    version=1,
    image="vtb/prepare",
    reads=("puzzles",),
    many_inputs=True,
    writes=("diffsynth-dataset",),
    parallel="shards",
    resources=Resources(cpu="2", memory="4Gi"),
)
METADATA = {"train": "metadata.json", "val": "metadata_val.json"}
MULTIPLE = 16  # what DiffSynth rounds both sides down to, by cutting the rest off


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    edit_image: Literal["list", "single"] = option(
        "list",
        help="How rows name the puzzle: as a list, as Qwen-Image-Edit-2509 and -2511 need it, or as a single path, as "
             "the first Qwen-Image-Edit does; the two are asked by different templates.",
    )  # fmt: skip
    max_pixels: int = option(
        1_048_576, low=4096, help="Scale larger pictures down to this many pixels; take the number of the training."
    )
    per_task: int | None = option(None, low=1, help="At most so many samples of each task for train.")
    val: float = option(
        0.05, low=0, high=1,
        help="Share of puzzles for val where the input has no splits; a curated input keeps its own.",
    )  # fmt: skip
    max_bad: float = option(
        0.0, low=0, high=1, affects_output=False,
        help="Largest share of samples that may lack a solution or be damaged; above it the command exits 5.",
    )  # fmt: skip


@stage_command(STAGE, Options)
def image(run: Run, options: Options) -> None:
    """Write puzzles and solutions as pairs of pictures for training an image-editing model.

    Reads curated or raw puzzles artifacts, or a folder in the VLMPuzzle layout (data.json). Writes metadata.json and
    metadata_val.json as DiffSynth-Studio reads them (prompt, image, edit_image), with the pictures packed in one tar
    per shard. A picture whose sides are no multiples of 16 is scaled to the nearest ones, since the engine would cut
    it. A curated test split is left out.

    Example: vtb-prepare image --input out/curated --output out/pairs
    """
    entries = [describe_input(uri, STAGE.reads) for uri in run.inputs]
    found = to_learn_from([chunk for entry in entries for chunk in chunks(entry)], run.inputs)
    tasks = plan_shards(found, options.val, run.seed, partial(make_pair, options))
    run.make_shards(
        run.plan(options, entries), tasks, make_shard, lambda output: partial(combine, output, run, options),
        what="pairs", summary=f"{sum(task.rows for task in tasks)} pairs of pictures",
    )  # fmt: skip


def make_pair(options: Options, example: Example, sample: Sample, stem: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The prompt and the paths of both pictures, which have one size."""
    solution = media_named(example.media, "solution")
    if solution is None or solution not in sample.parts:
        raise BadInput("has no picture of its solution")
    try:
        before, after = decode_image(sample.parts[PUZZLE]), decode_image(sample.parts[solution])
    except UnreadableImage as error:
        raise BadInput(f"a picture of it cannot be read ({error})") from error
    if before.shape != after.shape:
        raise BadInput(f"its solution is of another size ({_size(after)}) than the puzzle ({_size(before)})")
    asked, answer = f"{stem}.png", f"{stem}-solution.png"
    files = {
        path: _fitting(image, data, options.max_pixels)
        for path, image, data in ((asked, before, sample.parts[PUZZLE]), (answer, after, sample.parts[solution]))
    }
    edited: str | list[str] = [asked] if options.edit_image == "list" else asked
    return {"prompt": example.prompts.image, "image": answer, "edit_image": edited}, files


def _fitting(image: Image, data: bytes, most: int) -> bytes:
    """The file as it is where the engine would neither scale nor cut it; else a PNG of the nearest size that fits."""
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, (most / (height * width)) ** 0.5)
    # Down where it is scaled down anyway, so that it does not become too large again.
    near = round if scale == 1 and (height + MULTIPLE) * (width + MULTIPLE) <= most else int
    wanted = tuple(max(MULTIPLE, near(side * scale / MULTIPLE) * MULTIPLE) for side in (width, height))
    if wanted == (width, height) and data.startswith(b"\x89PNG"):
        return data
    small = image if wanted == (width, height) else cv2.resize(image, wanted, interpolation=cv2.INTER_AREA)
    return encode_rgb(small.astype("uint8"))


def _size(image: Image) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"


def combine(
    output: Output, run: Run, options: Options, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """DiffSynth's files, and a card."""
    bad = check_quality(output, shards, options.max_bad)
    rows = chosen_rows(output, shards, options.per_task, run.seed)
    files = [output.put(METADATA[split], _json(found)) for split, found in rows.items()]
    counts = {split: len(found) for split, found in rows.items()}
    card = drawn_card("pairs of pictures", STAGE.command, rows, METADATA, shards, run.inputs)
    return [*files, output.put("README.md", card.encode())], {"rows": counts, "left_out": bad}


def _json(rows: Sequence[Any]) -> bytes:
    """A list of objects, one a line."""
    lines = ",\n".join(json.dumps({k: v for k, v in row.items() if k != "split"}, ensure_ascii=False) for row in rows)
    return f"[\n{lines}\n]\n".encode(errors="replace")
