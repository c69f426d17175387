"""A LoRA of a model that draws, as an artifact or a folder: what it was trained on, and putting it on a pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from vtb.artifact.local import DRAWING_ADAPTER
from vtb.diffusion.job import Job
from vtb.diffusion.pipelines import engine_words
from vtb.diffusion.variants import Variant
from vtb.errors import BadInput

(DESCRIPTION,) = DRAWING_ADAPTER


class Adapter(msgspec.Struct, frozen=True):
    """What there is to know of a LoRA.

    Attributes:
        variant: the model that it was trained on.
        experts: names of its files, without their ending.
        rank: of its matrices; the scale is 1.
        edit_pixels: pictures to edit were scaled to about so many.
    """

    variant: str
    experts: tuple[str, ...]
    rank: int
    edit_pixels: int


def describe(job: Job) -> str:
    """As JSON."""
    found = Adapter(job.variant, job.experts, job.rank, job.edit_pixels)
    return json.dumps(msgspec.to_builtins(found), indent=1, sort_keys=True) + "\n"


def read_adapter(folder: Path) -> Adapter:
    """What a folder says of its LoRA.

    Raises:
        BadInput: it says nothing, or something else.
    """
    try:
        return msgspec.json.decode((folder / DESCRIPTION).read_bytes(), type=Adapter)
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder}: is no adapter of a model that draws ({error}): train one here") from error


def adapter_for(variant: Variant, folder: Path) -> Adapter:
    """What a folder says of its LoRA, which must be for a model.

    Raises:
        BadInput: it is for another one.
    """
    adapter = read_adapter(folder)
    if adapter.variant != variant.name:
        raise BadInput(f"{folder}: is an adapter of {adapter.variant}, not of {variant.name}")
    return adapter


def put_on(pipe: Any, variant: Variant, folder: Path) -> Adapter:
    """Fuse a LoRA into the denoisers of a pipeline, by the engine's own loader.

    Raises:
        BadInput: it is for another model.
    """
    adapter = adapter_for(variant, folder)
    for expert in variant.experts:
        if expert.name in adapter.experts:
            with engine_words():
                pipe.load_lora(getattr(pipe, expert.attribute), str(folder / f"{expert.name}.safetensors"), alpha=1)
    return adapter
