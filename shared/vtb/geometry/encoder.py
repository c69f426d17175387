"""Geometry encoders: DINOv2 with registers, as transformers keeps it, or as Pi3's file has it.

Pi3 (arXiv 2507.13347) keeps its image encoder, a DINOv2 ViT-L/14 with registers, under ``encoder.`` by the names of the
original code. Its weights are licensed for non-commercial use (CC BY-NC 4.0).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vtb.artifact.model_folder import read_json
from vtb.diffusion.weight_files import header
from vtb.errors import BadInput

log = logging.getLogger("vtb.train")
KIND = "dinov2_with_registers"  # ``model_type`` of the encoders that this works with
_PREFIX, _HEAD = "encoder.", 64  # every DINOv2 has heads of this width
_SINGLE = {
    "cls_token": "embeddings.cls_token",
    "register_tokens": "embeddings.register_tokens",
    "pos_embed": "embeddings.position_embeddings",
    "patch_embed.proj.weight": "embeddings.patch_embeddings.projection.weight",
    "patch_embed.proj.bias": "embeddings.patch_embeddings.projection.bias",
    "norm.weight": "layernorm.weight",
    "norm.bias": "layernorm.bias",
}
_OF_BLOCK = {
    "attn.proj": "attention.o_proj", "ls1.gamma": "layer_scale1.lambda1", "ls2.gamma": "layer_scale2.lambda1",
    "norm1": "norm1", "norm2": "norm2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
}  # fmt: skip
_BLOCK = re.compile(r"blocks\.(?:\d+\.)?(\d+)\.(.+)")  # some files keep blocks in chunks
_UNUSED = "mask_token"  # of pre-training
_WANTED = "give a DINOv2 with registers as transformers keeps it, or a folder with Pi3's model.safetensors"


def check_encoder(folder: Path) -> None:
    """Refuse a folder without an encoder by its configuration and the header of its weights; nothing is loaded.

    Raises:
        BadInput: it has none, or a file that is damaged.
    """
    weights = folder / "model.safetensors"
    if _is_of_transformers(folder):
        if weights.is_file():
            header(weights)
        elif not (folder / f"{weights.name}.index.json").is_file():  # large ones come in several files
            raise BadInput(f"{folder}: has a geometry encoder's config.json, and no {weights.name}: {_WANTED}")
        return
    if not weights.is_file():
        raise BadInput(f"{folder}: has no geometry encoder: {_WANTED}")
    names = header(weights)
    lacking = [f"{_PREFIX}{name}" for name in _SINGLE if f"{_PREFIX}{name}" not in names]
    if lacking:
        raise BadInput(
            f"{folder}: is no DINOv2 with registers by its config.json, and no Pi3, which has a tensor {lacking[0]}: "
            f"{_WANTED}"
        )


def load_encoder(folder: Path) -> Any:
    """The encoder in a folder, in float32.

    Raises:
        BadInput: there is none in it.
    """
    from transformers import Dinov2WithRegistersModel

    if _is_of_transformers(folder):
        try:
            return Dinov2WithRegistersModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        except Exception as error:  # the library raises what it likes about a damaged folder
            raise BadInput(f"{folder}: cannot be loaded as a geometry encoder: {error!r}") from error
    return _of_pi3(folder / "model.safetensors")


def _is_of_transformers(folder: Path) -> bool:
    path = folder / "config.json"
    content = read_json(path) if path.is_file() else {}
    return isinstance(content, dict) and content.get("model_type") == KIND


def _of_pi3(path: Path) -> Any:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as tensors:
            names = [name for name in tensors.keys() if name.startswith(_PREFIX)]  # noqa: SIM118
            found = {name.removeprefix(_PREFIX): tensors.get_tensor(name).float() for name in names}
    except (OSError, SafetensorError) as error:
        raise BadInput(f"{path.parent}: has no geometry encoder: {_WANTED}") from error
    log.info("%s: weights of Pi3 are licensed for non-commercial use (CC BY-NC 4.0)", path)
    try:
        return encoder_from(found)
    except (KeyError, ValueError, RuntimeError) as error:
        raise BadInput(f"{path}: holds no encoder of Pi3 under {_PREFIX} ({error})") from error


def encoder_from(original: Mapping[str, Any]) -> Any:
    """Transformers' model from the tensors of the original code of DINOv2.

    Raises:
        KeyError: one is missing.
        ValueError: one is of another architecture.
        RuntimeError: one has another shape than it must.
    """
    import torch
    from transformers import Dinov2WithRegistersConfig, Dinov2WithRegistersModel

    width, side = original["cls_token"].shape[-1], original["patch_embed.proj.weight"].shape[-1]
    blocks = [int(match[1]) for match in map(_BLOCK.fullmatch, original) if match]
    across = round((original["pos_embed"].shape[1] - 1) ** 0.5)
    config = Dinov2WithRegistersConfig(
        hidden_size=width, num_hidden_layers=max(blocks, default=-1) + 1, num_attention_heads=max(1, width // _HEAD),
        mlp_ratio=_ratio(original, width), image_size=across * side, patch_size=side,
        num_register_tokens=original["register_tokens"].shape[1],
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        model = Dinov2WithRegistersModel(config)
    named = dict(pair for name, tensor in original.items() for pair in _renamed(name, tensor))
    named["embeddings.mask_token"] = torch.zeros(1, width)
    model.load_state_dict(named, strict=True)
    return model


def _ratio(original: Mapping[str, Any], width: int) -> int:
    first = next((tensor for name, tensor in original.items() if name.endswith(".mlp.fc1.weight")), None)
    if first is None:
        raise ValueError("its blocks are not those of a DINOv2 up to ViT-L")
    return int(first.shape[0]) // width


def _renamed(name: str, tensor: Any) -> Iterator[tuple[str, Any]]:
    """A tensor under the names of transformers; queries, keys and values lie in one there."""
    if name == _UNUSED:
        return
    block = _BLOCK.fullmatch(name)
    if block is None:
        yield _SINGLE[name], tensor
        return
    layer, rest = f"encoder.layer.{block[1]}.", block[2]
    if rest.startswith("attn.qkv."):
        for part, own in zip("qkv", tensor.chunk(3), strict=True):
            yield f"{layer}attention.{part}_proj.{rest.rpartition('.')[2]}", own.contiguous()
    elif rest in _OF_BLOCK:
        yield layer + _OF_BLOCK[rest], tensor
    else:
        module, _, kind = rest.rpartition(".")
        yield f"{layer}{_OF_BLOCK[module]}.{kind}", tensor
