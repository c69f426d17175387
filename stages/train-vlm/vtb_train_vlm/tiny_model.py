"""Builds a vision-language model of a real architecture that is small enough to train on a laptop's processor.

The model goes through the same engine code as its big relatives (vision tower, merger, rotary positions in three axes,
chat template, media placeholders), it only has less of everything, where the real ones have billions of parameters:

* ``tiny``: 0.52 million parameters (Qwen3-VL) or 0.41 million (Qwen2.5-VL), in 2 layers of width 64 with 4 heads (2 for
  keys and values), and as many in the vision tower. It proves that a pipeline works, and memorises a few puzzles.
* ``small``: 1.7 million (Qwen3-VL) or 1.2 million, of width 128 with 4 heads. It learns from nothing to
  see colors (docs/experiments.md); the words of such puzzles are in its vocabulary, so their prompts are short.

Pictures have at most 64 patches after merging. Two things keep the models trainable. The weights start at a scale that
fits the width (the usual 0.02 belongs to a width of thousands; at width 64 signals would drown, and a LoRA, which never
touches the output layer, could not make any token likely). And the tokens are learned from the kind of text of puzzles,
so that a prompt is some 60 tokens long. The weights are random.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

from vtb.engine.tiny_tokenizer import MEDIA_TOKENS, build_tokenizer, chat_template

Family = Literal["qwen3_vl", "qwen2_5_vl"]
Size = Literal["tiny", "small"]

_WIDTH: dict[Size, int] = {"tiny": 64, "small": 128}
_HEADS = 4
_KEY_HEADS: dict[Size, int] = {"tiny": 2, "small": 4}
_LAYERS = 2
_POSITIONS = 8192
_MERGE = 2
_PATCH: dict[str, int] = {"qwen3_vl": 16, "qwen2_5_vl": 14}
_MAX_MERGED_PATCHES = 64
# The output layer starts larger than the rest, so that training can make a token nearly certain without moving it.
_OUTPUT_GAIN = 2.0
# A small model starts with more of the picture and quiet layers, so that colors and places come through.
_GAINS: dict[Size, dict[str, float]] = {
    "tiny": {},
    "small": {
        "patch_embed.proj": 3.0, "blocks.*attn.proj": 0.3, "blocks.*linear_fc2": 0.3,
        "blocks.*down_proj": 0.3, "language_model.*o_proj": 0.3, "language_model.*down_proj": 0.3,
    },
}  # fmt: skip


def build_tiny_model(family: Family, out: Path, seed: int = 0, size: Size = "tiny") -> None:
    """Writes a random model with its processor, tokenizer, chat template and generation settings to a folder.

    Needs no network, takes a few seconds, and writes the same bytes for the same family, seed and size.

    Args:
        family: Architecture to build.
        out: Folder to write; made if missing.
        seed: Chooses the random weights; the tokenizer is the same for every seed.
        size: How many weights, and which words its tokenizer knows.
    """
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = build_tokenizer(family, size)
    # The engines pad matrices to round sizes; a vocabulary that is round already is left as it is.
    vocabulary = math.ceil(len(tokenizer) / 64) * 64
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _model_class(family)(_config(family, size, tokenizer, vocabulary))
    _initialise(model, seed, _GAINS[size])
    model.generation_config = _generation(tokenizer, vocabulary)
    model.save_pretrained(out)
    _processor(family, tokenizer).save_pretrained(out)


def _model_class(family: Family) -> Any:
    import transformers

    if family == "qwen3_vl":
        return transformers.Qwen3VLForConditionalGeneration
    return transformers.Qwen2_5_VLForConditionalGeneration


def _config(family: Family, size: Size, tokenizer: Any, vocabulary: int) -> Any:
    import transformers

    token = tokenizer.convert_tokens_to_ids
    text, vision = _text_config(size, tokenizer, vocabulary), _vision_config(family, size)
    eighth = _WIDTH[size] // _HEADS // 8  # the sections share out half a head among time, height and width
    if family == "qwen3_vl":
        text |= {
            "head_dim": 8 * eighth,
            "rope_parameters": _rope(5e6, [2 * eighth, eighth, eighth], mrope_interleaved=True),
        }
        vision |= {"num_position_embeddings": 256, "deepstack_visual_indexes": [0]}
        config_class = transformers.Qwen3VLConfig
    else:
        text |= {"rope_parameters": _rope(1e6, [eighth, 3 * eighth // 2, 3 * eighth // 2])}
        vision |= {"window_size": 4 * _PATCH[family], "fullatt_block_indexes": [1]}
        config_class = transformers.Qwen2_5_VLConfig
    return config_class(
        text_config=text,
        vision_config=vision,
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=False,
    )


def _text_config(size: Size, tokenizer: Any, vocabulary: int) -> dict[str, Any]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": _WIDTH[size],
        "intermediate_size": 2 * _WIDTH[size],
        "num_hidden_layers": _LAYERS,
        "num_attention_heads": _HEADS,
        "num_key_value_heads": _KEY_HEADS[size],
        "max_position_embeddings": _POSITIONS,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "tie_word_embeddings": False,
    }


def _vision_config(family: Family, size: Size) -> dict[str, Any]:
    return {
        "depth": _LAYERS,
        "hidden_size": _WIDTH[size],
        "intermediate_size": 2 * _WIDTH[size],
        "num_heads": _HEADS,
        "patch_size": _PATCH[family],
        "spatial_merge_size": _MERGE,
        "temporal_patch_size": 2,
        "out_hidden_size": _WIDTH[size],
    }


def _rope(theta: float, sections: list[int], **more: Any) -> dict[str, Any]:
    return {"rope_type": "default", "rope_theta": theta, "mrope_section": sections, **more}


def _initialise(model: Any, seed: int, gains: Mapping[str, float]) -> None:
    """Draws every matrix at a scale that keeps signals at their size; vectors (norms, biases) stay as they are."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if weight.ndim < 2:
                continue
            # A table is looked up, a matrix sums over its inputs (a patch convolution has several input axes).
            spread = 1.0 if "embed_tokens" in name or "pos_embed" in name else weight[0].numel() ** -0.5
            more = [factor for pattern, factor in gains.items() if fnmatch(name, f"*{pattern}*")]
            gain = _OUTPUT_GAIN if name.startswith("lm_head") else math.prod(more)
            weight.normal_(0.0, spread * gain, generator=generator)


def _generation(tokenizer: Any, vocabulary: int) -> Any:
    """Says how to sample; forbids the placeholders, which a random policy would emit and the next forward choke on."""
    import transformers

    unused = range(len(tokenizer), vocabulary)
    return transformers.GenerationConfig(
        eos_token_id=[tokenizer.eos_token_id, tokenizer.pad_token_id],
        pad_token_id=tokenizer.pad_token_id,
        do_sample=True,
        temperature=0.7,
        top_p=0.8,
        top_k=20,
        suppress_tokens=sorted([*tokenizer.convert_tokens_to_ids(list(MEDIA_TOKENS)), *unused]),
    )


def _processor(family: Family, tokenizer: Any) -> Any:
    import transformers

    qwen3 = family == "qwen3_vl"
    factor = _PATCH[family] * _MERGE
    settings = {
        "patch_size": _PATCH[family],
        "temporal_patch_size": 2,
        "merge_size": _MERGE,
        "image_mean": [0.5] * 3 if qwen3 else [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.5] * 3 if qwen3 else [0.26862954, 0.26130258, 0.27577711],
        "size": {"shortest_edge": 4 * factor**2, "longest_edge": _MAX_MERGED_PATCHES * factor**2},
    }
    processor = transformers.Qwen3VLProcessor if qwen3 else transformers.Qwen2_5_VLProcessor
    video = transformers.Qwen3VLVideoProcessor if qwen3 else transformers.Qwen2VLVideoProcessor
    return processor(
        image_processor=transformers.Qwen2VLImageProcessor(**settings),
        video_processor=video(**settings),
        tokenizer=tokenizer,
        chat_template=chat_template(family),
    )
