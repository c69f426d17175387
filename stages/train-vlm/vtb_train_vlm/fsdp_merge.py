"""Makes one model of an FSDP checkpoint: the parts of each tensor together, in a folder as transformers reads it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.errors import BadInput
from vtb_train_vlm.fsdp_files import HUGGINGFACE, rank_files
from vtb_train_vlm.fsdp_read import Piece, read_rank
from vtb_train_vlm.merge_adapter import add_missing


def merge_fsdp(folder: Path, out: Path, *, bfloat16: bool) -> dict[str, int]:
    """Writes the model, with everything beside the weights that the checkpoint has, to a new folder.

    Args:
        folder: with the files of all processes and the folder ``huggingface``.
        out: folder to write; must not exist.
        bfloat16: whether the weights become bfloat16; else they stay as they are.

    Returns:
        Figures: ``ranks``, ``tensors`` and ``parameters``.

    Raises:
        BadInput: parts are missing, do not fit together or not the configuration, or hold more than tensors.
    """
    ranks = [read_rank(path) for path in rank_files(folder)]
    kind, shapes = model_of(folder / HUGGINGFACE)
    check_names(folder, ranks)
    weights = {name: together(name, [rank[name] for rank in ranks], shapes.get(name)) for name in sorted(ranks[0])}
    save(kind, folder / HUGGINGFACE, weights, out, bfloat16=bfloat16)
    add_missing(folder / HUGGINGFACE, out)
    parameters = sum(tensor.numel() for tensor in weights.values())
    return {"ranks": len(ranks), "tensors": len(weights), "parameters": parameters}


def check_names(folder: Path, ranks: Sequence[Mapping[str, Piece]]) -> None:
    """Refuse processes that have different tensors, and adapters, which a whole model has no place for."""
    for number, rank in enumerate(ranks):
        odd = sorted(rank.keys() ^ ranks[0].keys())
        if odd:
            raise BadInput(f"{folder}: ranks 0 and {number} hold different tensors ({odd[0]}): are they of one run?")
    if any("lora_" in name for name in ranks[0]):
        raise BadInput(
            f"{folder}: holds a LoRA within the model's tensors: merge the adapter that the trainer writes beside it "
            "(lora_adapter) with --model BASE --adapter FOLDER"
        )


def together(name: str, pieces: Sequence[Piece], expected: tuple[int, ...] | None) -> Any:
    """One tensor from the parts of all processes.

    Args:
        name: of the tensor, for messages.
        pieces: of each process, in their order.
        expected: shape by the configuration, where that knows the name.
    """
    first = pieces[0]
    if any((piece.placements, piece.shape) != (first.placements, first.shape) for piece in pieces):
        raise BadInput(f"{name}: the ranks disagree how it is sharded: are their files of one run?")
    axes = [axis for axis, dim in enumerate(first.placements) if dim is not None]
    if len(axes) > 1:
        raise BadInput(f"{name}: is cut along two axes of the mesh (tensor parallel), which is not read")
    if first.shape is None:
        whole = plain(name, [piece.tensor for piece in pieces], expected)
    elif not axes:
        whole = first.tensor
    else:
        parts = first_replica(pieces, axes[0])
        whole = joined(name, [parts[at] for at in sorted(parts)], first.placements[axes[0]] or 0)
    if first.shape is not None and tuple(whole.shape) != first.shape:
        raise BadInput(f"{name}: its parts make {tuple(whole.shape)}, not {first.shape}: are the files of one run?")
    return whole


def first_replica(pieces: Sequence[Piece], axis: int) -> dict[int, Any]:
    """The parts along one axis of the mesh; along the others all have the same."""
    chosen = [piece for piece in pieces if not any(at for other, at in enumerate(piece.place) if other != axis)]
    return {piece.place[axis]: piece.tensor for piece in chosen}


def plain(name: str, tensors: Sequence[Any], expected: tuple[int, ...] | None) -> Any:
    """Of tensors without a mesh: a copy where one is whole already (buffers are), else the rows of all."""
    if not tensors[0].dim() or tuple(tensors[0].shape) == expected:
        return tensors[0]
    return joined(name, tensors, 0)


def joined(name: str, tensors: Sequence[Any], dim: int) -> Any:
    """Parts behind each other along a dimension; refused where they do not fit."""
    import torch

    try:
        return torch.cat(list(tensors), dim=dim)
    except (RuntimeError, IndexError) as error:
        raise BadInput(f"{name}: its parts do not fit together ({error}): are the files of one run?") from error


def model_of(folder: Path) -> tuple[type[Any], dict[str, tuple[int, ...]]]:
    """The class of the model that a configuration names, and the shapes of its tensors.

    Raises:
        BadInput: it is no vision-language model's.
    """
    import torch
    from transformers import AutoConfig, AutoModelForImageTextToText

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        with torch.device("meta"):
            model = AutoModelForImageTextToText.from_config(config, trust_remote_code=False)
    except Exception as error:  # the library raises what it likes about a configuration
        raise BadInput(f"{folder}: is no configuration of a vision-language model: {error!r}") from error
    return type(model), {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def save(kind: type[Any], folder: Path, weights: Mapping[str, Any], out: Path, *, bfloat16: bool) -> None:
    """Lets transformers take the tensors, under today's names or older ones, and write the model.

    Raises:
        BadInput: they are not the tensors of this configuration.
    """
    import torch
    from transformers import AutoConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # what does not fit is told in one line, not in its table
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    kinds = [tensor.dtype for tensor in weights.values() if tensor.is_floating_point()]
    dtype = torch.bfloat16 if bfloat16 else functools.reduce(torch.promote_types, kinds)
    model, found = kind.from_pretrained(
        None, config=config, state_dict=dict(weights), dtype=dtype, output_loading_info=True,
        ignore_mismatched_sizes=True,
    )  # fmt: skip
    check_fit(folder, found)
    model.save_pretrained(out)


def check_fit(folder: Path, found: Mapping[str, Any]) -> None:
    """Refuse what a configuration has no place for, or the wrong one."""
    for name, has, wants in sorted(found["mismatched_keys"]):
        raise BadInput(f"{folder}: its configuration makes {name} {tuple(wants)}, the files have {tuple(has)}")
    for name in sorted(found["missing_keys"]):
        raise BadInput(f"{folder}: its configuration has a tensor {name}, the files have none")
    for name in sorted(found["unexpected_keys"]):
        raise BadInput(f"{folder}: its configuration has no tensor {name}, the files have: is it another model's?")
