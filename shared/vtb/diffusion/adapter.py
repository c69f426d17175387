"""A LoRA of a model that draws, as an artifact or a folder: what it was trained on, and putting it on a pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from vtb.artifact.local import DRAWING_ADAPTER
from vtb.diffusion.drawn_form import DrawnForm
from vtb.diffusion.job import Job
from vtb.diffusion.pipelines import engine_words
from vtb.diffusion.variants import Variant
from vtb.diffusion.weight_files import header
from vtb.errors import BadInput

(DESCRIPTION,) = DRAWING_ADAPTER


class Adapter(msgspec.Struct, frozen=True):
    """What there is to know of a LoRA.

    Attributes:
        variant: the model that it was trained on.
        experts: names of its files, without their ending.
        rank: of its matrices; the scale is 1.
        edit_pixels: pictures to edit were scaled to about so many.
        form: of what was drawn.
    """

    variant: str
    experts: tuple[str, ...]
    rank: Annotated[int, msgspec.Meta(ge=1, le=4096)]
    edit_pixels: Annotated[int, msgspec.Meta(ge=1024, le=1 << 26)]
    form: DrawnForm = DrawnForm()


def describe(job: Job) -> str:
    """As JSON."""
    found = Adapter(job.variant, job.experts, job.rank, job.edit_pixels, job.form)
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
    """What a folder says of its LoRA, which must be for a model, and whole.

    Raises:
        BadInput: it is not.
    """
    adapter = read_adapter(folder)
    if adapter.variant != variant.name:
        raise BadInput(f"{folder}: is an adapter of {adapter.variant}, not of {variant.name}")
    known = {expert.name for expert in variant.experts}
    if not adapter.experts or not known.issuperset(adapter.experts):
        raise BadInput(f"{folder}: {DESCRIPTION} names {list(adapter.experts)}, and there are {sorted(known)}")
    for name in adapter.experts:
        _check_pairs(folder / f"{name}.safetensors", adapter.rank)
    return adapter


def _check_pairs(path: Path, rank: int) -> None:
    """Every layer has both of its matrices, of the rank that is said."""
    found = header(path)
    layers = {name.rpartition(".lora_")[0] for name in found}
    wanted = {f"{layer}.lora_{side}.default.weight" for layer in layers for side in "AB"}
    ranks = {one["shape"][1 if ".lora_B." in name else 0] for name, one in found.items()}
    if not found or found.keys() != wanted or ranks != {rank}:
        raise BadInput(f"{path}: is no LoRA of rank {rank}, with two matrices for each layer: train it again")


def _check_fits(dit: Any, weights: Mapping[str, Any], path: Path) -> None:
    """Every layer of the LoRA is one of the denoiser, of its size, and its numbers are some."""
    layers = {name: module for name, module in dit.named_modules() if hasattr(module, "weight")}
    for name, matrix in weights.items():
        layer = layers.get(name.rpartition(".lora_")[0])
        side = 0 if ".lora_B." in name else 1  # B has the rows of the layer, A its columns
        if layer is None or layer.weight.shape[side] != matrix.shape[side]:
            raise BadInput(f"{path}: {name} does not fit into the model: is the adapter of another one?")
        if not matrix.isfinite().all():
            raise BadInput(f"{path}: {name} holds numbers that are none: train it again")


def put_on(pipe: Any, variant: Variant, folder: Path) -> Adapter:
    """Fuse a LoRA into the denoisers of a pipeline, by the engine's own loader.

    Raises:
        BadInput: it is for another model.
    """
    from safetensors.torch import load_file

    adapter = adapter_for(variant, folder)
    for expert in variant.experts:
        if expert.name in adapter.experts:
            path, dit = folder / f"{expert.name}.safetensors", getattr(pipe, expert.attribute)
            weights = load_file(path)
            _check_fits(dit, weights, path)
            with engine_words():
                pipe.load_lora(dit, state_dict=weights, alpha=1)
    return adapter
