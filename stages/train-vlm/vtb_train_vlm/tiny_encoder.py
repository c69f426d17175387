"""Builds a geometry encoder of the real architecture, a DINOv2 with registers, that is tiny and random."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_WIDTH = {"tiny": 32, "small": 64}
_PATCH = 14  # as DINOv2's


def build_tiny_encoder(out: Path, seed: int = 0, size: Literal["tiny", "small"] = "tiny") -> None:
    """Writes the model to a folder; the same bytes for the same seed and size.

    Args:
        out: Folder to write; made if missing.
        seed: Chooses the random weights.
        size: 2 layers of width 32, or of width 64.
    """
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    width = _WIDTH[size]
    config = transformers.Dinov2WithRegistersConfig(
        hidden_size=width, num_hidden_layers=2, num_attention_heads=2, image_size=4 * _PATCH, patch_size=_PATCH
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = transformers.Dinov2WithRegistersModel(config)
        with torch.no_grad():  # at the usual scale of 0.02, signals of so few numbers would drown
            for weight in model.parameters():
                if weight.ndim > 1:
                    weight.normal_(0.0, weight[0].numel() ** -0.5)
    model.save_pretrained(out)
