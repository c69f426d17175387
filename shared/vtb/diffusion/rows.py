"""The rows of a diffsynth-dataset, and the pictures and clips that they name."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.diffusion.variants import Variant
from vtb.engine.dataset_files import inside
from vtb.errors import BadInput
from vtb.formats.special_tokens import neutral
from vtb.media.image import Image, UnreadableImage, decode_image
from vtb.media.video import UnreadableVideo, decode_clip

EXAMPLES = "examples.jsonl"
FILES = {True: ("metadata.csv", "metadata_val.csv"), False: ("metadata.json", "metadata_val.json")}


@dataclass(frozen=True)
class Row:
    """One sample to learn from.

    Attributes:
        id: of the sample.
        prompt: the words.
        target: the picture or clip to draw.
        shown: the pictures that the model sees; of a clip, its first frame is shown.
        example: what its judge needs, as JSON; empty where nobody can judge it.
    """

    id: str
    prompt: str
    target: Path
    shown: tuple[Path, ...]
    example: str = ""


@dataclass(frozen=True)
class Sample:
    """What a row names, decoded.

    Attributes:
        prompt: the words.
        frames: what to draw, (H, W, 3) each; a picture is one frame. Empty where it is only asked.
        shown: the pictures that the model sees.
        size: width and height of what is drawn.
        length: frames of what is drawn.
    """

    prompt: str
    frames: Sequence[Image]
    shown: Sequence[Image]
    size: tuple[int, int]
    length: int = 1


def read_rows(folder: Path, variant: Variant, *, val: bool = False) -> list[Row]:
    """The rows of train or val, in the order of the file; of val there may be none.

    Raises:
        BadInput: the dataset is for another kind of model, or damaged.
    """
    path = folder / FILES[variant.moving][val]
    if not path.is_file():
        if val:
            return []
        kind = "video" if variant.moving else "image"
        raise BadInput(f"{folder}: has no {path.name}, which {variant.name} needs: make it with `vtb-prepare {kind}`")
    try:
        rows = _clips(folder, path) if variant.moving else _pictures(folder, path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error) as error:
        raise BadInput(f"{path}: cannot be read ({error}): make the dataset again") from error
    return rows


def _pictures(folder: Path, path: Path) -> list[Row]:
    rows = []
    for number, line in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        edited = line.get("edit_image") or []
        named = str(line.get("id", number))
        shown = [edited] if isinstance(edited, str) else edited
        rows.append(_row(folder, named, line["prompt"], line["image"], shown, line.get("example", "")))
    return rows


def _row(folder: Path, named: str, prompt: str, target: str, shown: Sequence[str], example: str) -> Row:
    if not all(isinstance(one, str) for one in (prompt, target, example, *shown)):
        raise ValueError(f"row {named[:200]!r}: its words and files are no text")
    try:
        return Row(named, neutral(prompt), inside(folder, target), tuple(inside(folder, one) for one in shown), example)
    except ValueError as error:
        raise ValueError(f"row {named[:200]!r}: {error}") from error


def _clips(folder: Path, path: Path) -> list[Row]:
    examples = _examples(folder / EXAMPLES)
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    return [
        _row(folder, line.get("id") or str(number), line["prompt"], line["video"], (), _example_of(line, examples))
        for number, line in enumerate(lines)
    ]


def _examples(path: Path) -> Mapping[tuple[str, str], str]:
    if not path.is_file():
        return {}
    texts = filter(None, path.read_text(encoding="utf-8").split("\n"))
    return {(found["task"], found["key"]): text for text in texts if (found := json.loads(text))}


def _example_of(line: Mapping[str, Any], examples: Mapping[tuple[str, str], str]) -> str:
    return examples.get((line.get("task_type", ""), line.get("id", "")), "")


def load_sample(row: Row, variant: Variant) -> Sample:
    """Decode what a row names, and check that the model can draw it as it is.

    Raises:
        BadInput: a file is missing or damaged, or of a size that the engine would cut.
    """
    frames = _frames(row.target, variant)
    height, width = frames[0].shape[:2]
    multiple = variant.multiple
    if width % multiple or height % multiple:
        raise BadInput(
            f"{row.target}: is {width}x{height}, and {variant.name} draws multiples of {multiple}: prepare it again"
        )
    if variant.moving and len(frames) % 4 != 1:
        raise BadInput(f"{row.target}: has {len(frames)} frames, not 4k+1: prepare it again")
    return Sample(row.prompt, frames, shown_to(variant, row, frames), (width, height), len(frames))


def shown_to(variant: Variant, row: Row, frames: Sequence[Image]) -> list[Image]:
    """The pictures that the model sees of a row.

    Raises:
        BadInput: there are none, or more than its template has room for.
    """
    if variant.shown == "nothing":
        return []
    if variant.shown == "first-frame":
        return [frames[0]]
    if not row.shown:
        raise BadInput(
            f"{row.id}: shows no picture, which {variant.name} edits: make the rows with `vtb-prepare image`"
        )
    if variant.shown == "picture" and len(row.shown) > 1:
        raise BadInput(f"{row.id}: shows {len(row.shown)} pictures, and {variant.name} edits one")
    return [_picture(path) for path in row.shown]


def _frames(path: Path, variant: Variant) -> list[Image]:
    if not variant.moving:
        return [_picture(path)]
    try:
        frames = [frame() for frame in decode_clip(path.read_bytes())]
    except (OSError, UnreadableVideo) as error:
        raise BadInput(f"{path}: cannot be read ({error})") from error
    if not frames:
        raise BadInput(f"{path}: has no frames")
    return frames


def _picture(path: Path) -> Image:
    try:
        return decode_image(path.read_bytes())
    except (OSError, UnreadableImage) as error:
        raise BadInput(f"{path}: cannot be read ({error})") from error
