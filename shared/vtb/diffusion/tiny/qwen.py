"""Qwen-Image's parts in small: the engine's own classes with less of everything.

The engine fixes the sizes of the denoiser and the text encoder in their constructors, so these are replaced; all that
is computed is the engine's own code. The VAE takes its width as an argument.
"""

from __future__ import annotations

from typing import Any

import torch
from diffsynth.models.general_modules import AdaLayerNorm, RMSNorm, TimestepEmbeddings
from diffsynth.models.qwen_image_dit import QwenEmbedRope, QwenImageDiT, QwenImageTransformerBlock
from diffsynth.models.qwen_image_text_encoder import QwenImageTextEncoder

WIDTH, HEADS, LAYERS = 64, 4, 2  # of the text encoder
# Of the denoisers; the axes of the rotary positions (time, height, width) together make a head.
DIT: dict[str, Any] = {"width": 64, "heads": 4, "layers": 2, "axes": [4, 6, 6]}
SMALL_DIT: dict[str, Any] = {"width": 128, "heads": 4, "layers": 4, "axes": [8, 12, 12]}
LATENTS = 64  # 16 channels in patches of 2 x 2
# As the tiny tokenizer (vtb.engine.tiny_tokenizer) numbers them; a test compares.
VOCABULARY = 768
TOKENS = {
    "<|im_end|>": 720, "<|endoftext|>": 721, "<|vision_start|>": 729, "<|vision_end|>": 730, "<|image_pad|>": 732,
    "<|video_pad|>": 733,
}  # fmt: skip
VAE = {"base_dim": 8}


class TinyQwenImageDiT(QwenImageDiT):  # type: ignore[misc]
    """The denoiser, as narrow and shallow as it is told."""

    def __init__(self, width: int, heads: int, layers: int, axes: list[int]) -> None:
        """Random weights."""
        torch.nn.Module.__init__(self)
        self.pos_embed = QwenEmbedRope(theta=10000, axes_dim=axes, scale_rope=True)
        self.time_text_embed = TimestepEmbeddings(
            256, width, diffusers_compatible_format=True, scale=1000, align_dtype_to_timestep=False
        )
        self.txt_norm = RMSNorm(WIDTH, eps=1e-6)
        self.img_in = torch.nn.Linear(LATENTS, width)
        self.txt_in = torch.nn.Linear(WIDTH, width)
        blocks = [
            QwenImageTransformerBlock(dim=width, num_attention_heads=heads, attention_head_dim=width // heads)
            for _ in range(layers)
        ]
        self.transformer_blocks = torch.nn.ModuleList(blocks)
        self.norm_out = AdaLayerNorm(width, single=True)
        self.proj_out = torch.nn.Linear(width, LATENTS)


class TinyQwenImageTextEncoder(QwenImageTextEncoder):  # type: ignore[misc]
    """The encoder of words and pictures: Qwen2.5-VL of width 64."""

    def __init__(self) -> None:
        """Random weights."""
        torch.nn.Module.__init__(self)
        from transformers import Qwen2_5_VLConfig, Qwen2_5_VLModel

        config = Qwen2_5_VLConfig(
            text_config=_text_config(), vision_config=_vision_config(), tie_word_embeddings=False,
            image_token_id=TOKENS["<|image_pad|>"], video_token_id=TOKENS["<|video_pad|>"],
            vision_start_token_id=TOKENS["<|vision_start|>"], vision_end_token_id=TOKENS["<|vision_end|>"],
        )  # fmt: skip
        self.model = Qwen2_5_VLModel(config)
        self.lm_head = torch.nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.config = config


def _text_config() -> dict[str, Any]:
    return {
        "model_type": "qwen2_5_vl_text", "hidden_size": WIDTH, "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": 2, "hidden_act": "silu",
        "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "vocab_size": VOCABULARY, "attention_dropout": 0.0,
        "use_sliding_window": False, "bos_token_id": TOKENS["<|endoftext|>"], "eos_token_id": TOKENS["<|im_end|>"],
        "rope_parameters": {
            "rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3],  # half a head
        },
    }  # fmt: skip


def _vision_config() -> dict[str, Any]:
    return {
        "model_type": "qwen2_5_vl", "depth": 2, "fullatt_block_indexes": [1], "hidden_act": "silu", "hidden_size": 32,
        "in_channels": 3, "in_chans": 3, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": WIDTH,
        "patch_size": 14, "spatial_merge_size": 2, "spatial_patch_size": 14, "temporal_patch_size": 2,
        "tokens_per_second": 2, "window_size": 112,
    }  # fmt: skip
