"""Writes a tiny model's folder as the real one is published: weights, tokenizer, processor."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from vtb.diffusion.pipelines import import_engine
from vtb.diffusion.tiny.known import KIND, MARKER, parts_of
from vtb.diffusion.variants import VARIANTS
from vtb.engine.tiny_tokenizer import build_tokenizer

_PLACES = {  # where the parts lie in the folders that are published
    "qwen-image": {
        "dit": "transformer/diffusion_pytorch_model", "text_encoder": "text_encoder/model",
        "vae": "vae/diffusion_pytorch_model",
    },
    "wan2.2-ti2v-5b": {
        "dit": "diffusion_pytorch_model", "text_encoder": "models_t5_umt5-xxl-enc-bf16", "vae": "Wan2.2_VAE",
    },
}  # fmt: skip
_A14B = {
    "dit": "high_noise_model/diffusion_pytorch_model", "dit2": "low_noise_model/diffusion_pytorch_model",
    "text_encoder": "models_t5_umt5-xxl-enc-bf16", "vae": "Wan2.1_VAE",
}  # fmt: skip
_SHOWN = 16  # patches of 28 x 28 pixels that the text encoder sees of a picture, at most


def kind_of(variant: str) -> str:
    """Which tiny model serves a variant: those of Qwen-Image differ in how they are asked, not in their weights."""
    return "qwen-image" if VARIANTS[variant].family == "qwen-image" else variant


def build_tiny_model(variant: str, folder: Path, seed: int, *, small: bool = False) -> None:
    """Write a random model; the same bytes for the same variant and seed. Takes seconds and no network.

    Args:
        variant: which model it stands for.
        folder: where to.
        seed: of the weights.
        small: a denoiser that can learn something, on latents by a fixed transform; there is one of Qwen-Image alone.
    """
    import_engine()
    kind = kind_of(variant) + ("-small" if small else "")
    folder.mkdir(parents=True, exist_ok=True)
    parts, places = parts_of(kind), _PLACES.get(kind.removesuffix("-small"), _A14B)
    for number, (part, place) in enumerate(places.items()):
        path = folder / f"{place}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_part(parts[part], path, seed * 8 + number)
    if VARIANTS[variant].family == "qwen-image":
        _write_qwen_tools(folder)
    else:
        _write_umt5(folder / "google/umt5-xxl")
    (folder / MARKER).write_text(json.dumps({KIND: kind}) + "\n", encoding="utf-8")


def _write_part(entry: Mapping[str, Any], path: Path, seed: int) -> None:
    import torch
    from safetensors.torch import save_file

    module, _, name = entry["model_class"].rpartition(".")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)
        model = getattr(import_module(module), name)(**entry.get("extra_kwargs", {}))
        _spread(model)
    published = _published_name(entry["model_name"])
    weights = {published(name): tensor.to(_type(entry)).contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, path)


def _type(entry: Mapping[str, Any]) -> Any:
    """As the released models; a transform that is to be undone is not rounded."""
    import torch

    return torch.float32 if entry["model_class"].endswith("CosineCodec") else torch.bfloat16


def _spread(model: Any) -> None:
    """Matrices at a scale that keeps signals at their size: the engine leaves some at zero, for the files to fill."""
    import torch

    with torch.no_grad():
        for _, weight in sorted(model.named_parameters()):
            if weight.ndim >= 2:
                weight.normal_(0.0, 1 / math.sqrt(weight[0].numel()))


def _published_name(part: str) -> Callable[[str], str]:
    """Names of tensors in the published files, which the engine's converters turn into its own."""
    if part == "qwen_image_text_encoder":
        return lambda name: name.replace("model.language_model.", "model.").replace("model.visual.", "visual.")
    if part == "wan_video_vae":
        return lambda name: name.removeprefix("model.")
    return lambda name: name


def _write_qwen_tools(folder: Path) -> None:
    import transformers

    tokenizer = build_tokenizer("qwen2_5_vl")
    tokenizer.save_pretrained(folder / "tokenizer")
    side = 28
    pictures = transformers.Qwen2VLImageProcessor(min_pixels=4 * side**2, max_pixels=_SHOWN * side**2)
    processor = transformers.Qwen2VLProcessor(
        image_processor=pictures, tokenizer=tokenizer, video_processor=transformers.Qwen2VLVideoProcessor(),
        chat_template=tokenizer.chat_template,
    )  # fmt: skip
    processor.save_pretrained(folder / "processor")


def _write_umt5(folder: Path) -> None:
    """A tokenizer of single bytes: its rules are umT5's, its vocabulary needs no training."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "</s>", "<unk>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*special, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    fast.save_pretrained(folder)
