"""From puzzles to pairs of pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from vtb.datasets.chunk import Loaded
from vtb.errors import BadInput
from vtb.formats.special_tokens import neutral
from vtb.media.fitting import fitting_size, resized
from vtb.media.image import Image, UnreadableImage, decode_image, encode_rgb
from vtb.stage.run import Run
from vtb_prepare.drawn import Form, Row, prepare_drawn
from vtb_prepare.image_options import Options

MULTIPLE = 16  # what DiffSynth rounds both sides down to, by cutting the rest off
COLUMNS = ("prompt", "image", "edit_image", "task_type", "task_group", "id", "example")


def make_pairs(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
    metadata = {"train": "metadata.json", "val": "metadata_val.json"}
    prepare_drawn(run, options, Form("pairs of pictures", metadata, partial(make_pair, options), _json, COLUMNS))


def make_pair(options: Options, loaded: Loaded, stem: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The prompt and the paths of both pictures, which have one size."""
    if [one.kind for one in loaded.asked] != ["image"]:
        raise BadInput("does not ask about one picture")
    if loaded.solution is None:
        raise BadInput("has no picture of its solution")
    try:
        before, solution = loaded.asked[0].files[0], loaded.solution()
        after = decode_image(solution)
    except (UnreadableImage, OSError) as error:
        raise BadInput(f"the picture of its solution cannot be read ({error})") from error
    if loaded.puzzle.shape != after.shape:
        raise BadInput(f"its solution is of another size ({_size(after)}) than the puzzle ({_size(loaded.puzzle)})")
    asked, answer = f"{stem}.png", f"{stem}-solution.png"
    most = options.max_pixels
    files = {asked: _fitting(loaded.puzzle, before, most), answer: _fitting(after, solution, most)}
    edited: str | list[str] = [asked] if options.edit_image == "list" else asked
    return {"prompt": neutral(loaded.example.prompts.image), "image": answer, "edit_image": edited}, files


def _fitting(image: Image, data: bytes, most: int) -> bytes:
    """The file as it is where the engine would neither scale nor cut it; else a PNG of the nearest size that fits."""
    height, width = image.shape[:2]
    wanted = fitting_size(width, height, most, MULTIPLE)
    same = wanted == (width, height) and data.startswith(b"\x89PNG")
    return data if same else encode_rgb(resized(image, wanted))


def _size(image: Image) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"


def _json(rows: Sequence[Row]) -> bytes:
    """A list of objects, one a line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{lines}\n]\n".encode(errors="replace")
