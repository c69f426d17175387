"""Published pickles of weights become safetensors; nothing in them is run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vtb.errors import BadInput, NotAvailable

_MOST_SHARED = 4  # bytes in memory for each of the file: several tensors may be views of one
_HEAD = 64  # channels of each head of attention, in every DINOv2


def convert_orienter(pickle: Path, folder: Path) -> None:
    """Write an Orient Anything in the published layout as a DINOv2 that transformers reads, and ``head.safetensors``.

    The size of its DINOv2 follows from the shapes.

    Raises:
        NotAvailable: torch or safetensors is not installed, or there is no space.
        BadInput: the file is damaged, holds more than tensors, or is of another model.
    """
    tensors = read_tensors(pickle)
    body, head = (_below(tensors, part) for part in ("dinov2.", "down_sampler."))
    try:
        config = _dinov2_config(body)
    except KeyError as error:
        raise BadInput(f"{pickle}: holds weights of another model: it lacks {error}") from error
    except (IndexError, TypeError) as error:
        raise BadInput(f"{pickle}: holds weights of another model: their shapes are others") from error
    _write_tensors(folder / "head.safetensors", head)
    _write_tensors(folder / "model.safetensors", body)
    with _whole(folder / "config.json") as part:
        part.write_text(json.dumps(config, indent=2), encoding="utf-8")


def read_tensors(pickle: Path) -> dict[str, Any]:
    """The tensors of a file that ``torch.save`` wrote, by torch's restricted loader, which builds nothing but tensors.

    Raises:
        NotAvailable: torch is not installed.
        BadInput: the file is damaged, or holds more than tensors.
    """
    try:
        import torch
    except ImportError as error:
        raise NotAvailable(
            "converting published weights needs torch and safetensors: run this where models run (pip install "
            "'vtb-train[gen-dynamic]'), or bring the folder that another machine has converted"
        ) from error
    try:
        found = torch.load(pickle, map_location="cpu", weights_only=True)
        tensors = _tensors(found, pickle.stat().st_size)
    except BadInput as error:
        raise BadInput(f"{pickle}: is refused: {error}") from error
    except Exception as error:  # what a hostile or damaged file makes of it
        why = (str(error) or type(error).__name__).partition("\n")[0]
        raise BadInput(f"{pickle}: is refused: it is damaged or holds more than tensors ({why})") from error
    return {name.removeprefix("module."): tensor for name, tensor in tensors.items()}


def _tensors(found: Any, size: int) -> dict[str, Any]:
    """Each with memory of its own, as safetensors wants them.

    Raises:
        BadInput: there is more than tensors, or they claim to be larger than a file of so many bytes can hold.
    """
    import torch

    if not isinstance(found, Mapping) or not all(isinstance(tensor, torch.Tensor) for tensor in found.values()):
        raise BadInput("it holds more than tensors by their names")
    if sum(tensor.numel() * tensor.element_size() for tensor in found.values()) > _MOST_SHARED * size:
        raise BadInput("its tensors would take more memory than there is in the file")
    return {str(name): tensor.clone(memory_format=torch.contiguous_format) for name, tensor in found.items()}


def _below(tensors: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {name.removeprefix(part): tensor for name, tensor in tensors.items() if name.startswith(part)}


def _dinov2_config(body: Mapping[str, Any]) -> dict[str, Any]:
    size = body["embeddings.cls_token"].shape[-1]
    patch = body["embeddings.patch_embeddings.projection.weight"].shape[-1]
    places = body["embeddings.position_embeddings"].shape[1] - 1
    layers = [name for name in body if name.startswith("encoder.layer.") and name.endswith(".norm1.weight")]
    return {
        "model_type": "dinov2", "hidden_size": size, "num_hidden_layers": len(layers),
        "num_attention_heads": max(1, size // _HEAD), "patch_size": patch, "image_size": round(places**0.5) * patch,
    }  # fmt: skip


def _write_tensors(path: Path, tensors: dict[str, Any]) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        with _whole(path) as part:
            save_file(tensors, part, metadata={"format": "pt"})
    except SafetensorError as error:  # which is what an operating system's error becomes
        raise NotAvailable(f"{path}: cannot be written: {error}") from error


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file to write in its place; it takes it when all of it is written."""
    part = path.with_name(f"{path.name}.part")
    yield part
    os.replace(part, path)
