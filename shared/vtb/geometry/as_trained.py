"""How a model of ours was shown media in training: a note in its configuration, which evaluation follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec

from vtb.artifact.model_folder import read_json
from vtb.errors import BadInput

NAME = "vtb_shown"  # in ``config.json``; transformers keeps what it does not know


class ShownAs(msgspec.Struct, frozen=True):
    """How.

    Attributes:
        max_pixels: larger pictures and frames were scaled down to this many pixels.
        seconds: whether frames came with the seconds at which they are shown, where these are known; ms-swift counts
            them as two a second always.
    """

    max_pixels: Annotated[int, msgspec.Meta(ge=1024)]
    seconds: bool


def note_shown(config: Any, max_pixels: int) -> None:
    """Write into a configuration of transformers how our trainer with geometry shows media."""
    setattr(config, NAME, msgspec.to_builtins(ShownAs(max_pixels, seconds=True)))


def forget_shown(folder: Path) -> None:
    """Take the note out of a model that another trainer, which shows media otherwise, has made of one of ours."""
    path = folder / "config.json"
    content = read_json(path) if path.is_file() else {}
    if isinstance(content, dict) and content.pop(NAME, None) is not None:
        path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def shown_in_training(folder: Path, adapter: Path | None = None) -> ShownAs | None:
    """What a model's folder says; None where it says nothing, or where an adapter, of another trainer, has changed it.

    Raises:
        BadInput: it says something that cannot be.
    """
    if adapter is not None:
        return None
    path = folder / "config.json"
    found = read_json(path) if path.is_file() else {}
    if not isinstance(found, dict) or NAME not in found:
        return None
    try:
        return msgspec.convert(found[NAME], ShownAs)
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: {NAME} says what cannot be ({error}): take it out") from error
