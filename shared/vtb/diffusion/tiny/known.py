"""Makes the engine know the tiny models: it tells a model by a hash of the names and shapes in its files.

A folder says only that it is a tiny model, and of which kind; the classes are ours, whatever it says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.errors import BadInput

MARKER, KIND = "configuration.json", "vtb_tiny_model"  # the file that names the kind, and as what
_HERE = "vtb.diffusion.tiny"
_CONVERT = "diffsynth.utils.state_dict_converters"
_QWEN: Mapping[str, Mapping[str, Any]] = {
    "dit": {"model_name": "qwen_image_dit", "model_class": f"{_HERE}.qwen.TinyQwenImageDiT"},
    "text_encoder": {
        "model_name": "qwen_image_text_encoder", "model_class": f"{_HERE}.qwen.TinyQwenImageTextEncoder",
        "state_dict_converter": f"{_CONVERT}.qwen_image_text_encoder.QwenImageTextEncoderStateDictConverter",
    },
    "vae": {"model_name": "qwen_image_vae", "model_class": "diffsynth.models.qwen_image_vae.QwenImageVAE"},
}  # fmt: skip


def know_tiny_parts(folder: Path, files: Mapping[str, Sequence[str]]) -> None:
    """Enter the parts of a tiny model into the engine's list; does nothing with a folder of another model.

    Raises:
        BadInput: the folder says that it is a tiny model of a kind that there is not.
    """
    kind = _kind_said(folder / MARKER)
    if kind is None:
        return
    from diffsynth.configs import MODEL_CONFIGS
    from diffsynth.core.loader import hash_model_file

    parts = parts_of(kind)
    known = {config["model_hash"] for config in MODEL_CONFIGS}
    for part, paths in files.items():
        found = hash_model_file(list(paths) if len(paths) > 1 else paths[0])
        if found not in known:
            MODEL_CONFIGS.append({"model_hash": found, **parts[part]})
            known.add(found)


def _kind_said(path: Path) -> str | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    kind = said.get(KIND) if isinstance(said, dict) else None
    return None if kind is None else str(kind)


def parts_of(kind: str) -> Mapping[str, Mapping[str, Any]]:
    """The engine's entries of a kind of tiny model by part.

    Raises:
        BadInput: there is no such kind.
    """
    from vtb.diffusion.tiny import qwen, wan

    if kind == "qwen-image":
        return {
            **_QWEN,
            "dit": {**_QWEN["dit"], "extra_kwargs": qwen.DIT},
            "vae": {**_QWEN["vae"], "extra_kwargs": qwen.VAE},
        }  # fmt: skip
    if kind == "qwen-image-small":
        codec = {"model_name": "qwen_image_vae", "model_class": f"{_HERE}.codec.CosineCodec"}
        return {**_QWEN, "dit": {**_QWEN["dit"], "extra_kwargs": qwen.SMALL_DIT}, "vae": codec}
    if kind not in wan.DITS:
        raise BadInput(f"{MARKER}: names the kind {kind!r}, which there is not: make the tiny model again")
    large = kind == "wan2.2-ti2v-5b"
    dit = {
        "model_name": "wan_video_dit", "model_class": "diffsynth.models.wan_video_dit.WanModel",
        "extra_kwargs": wan.DITS[kind],
    }  # fmt: skip
    return {
        "dit": dit, "dit2": dit,
        "text_encoder": {
            "model_name": "wan_video_text_encoder", "extra_kwargs": wan.TEXT_ENCODER,
            "model_class": "diffsynth.models.wan_video_text_encoder.WanTextEncoder",
        },
        "vae": {
            "model_name": "wan_video_vae",
            "model_class": f"{_HERE}.wan.{'TinyWanVideoVAE38' if large else 'TinyWanVideoVAE'}",
            "state_dict_converter": f"{_CONVERT}.wan_video_vae.WanVideoVAEStateDictConverter",
        },
    }  # fmt: skip
