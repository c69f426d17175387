"""What models say of the same few tokens, on the CPU."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from vtb.engine.no_remote_code import forbid_remote_code
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb.engine.vision_language import load_vision_language

TOKENS, ROWS = 32, 2


def compare_logits(model: Path, adapter: Path, merged: Path) -> dict[str, float]:
    """Largest differences of the logits over 2 rows of 32 tokens, in float32.

    Returns:
        ``merged_minus_adapter`` and ``merged_minus_base`` (largest absolute differences), and ``largest`` (the largest
        absolute logit of the merged model).

    Raises:
        BadInput: one of them cannot be loaded.
    """
    forbid_remote_code()
    allow_cpu_torchvision()
    base = _logits(model, None)
    adapted = _logits(model, adapter)
    whole = _logits(merged, None)
    return {
        "merged_minus_adapter": float((whole - adapted).abs().max()),
        "merged_minus_base": float((whole - base).abs().max()),
        "largest": float(whole.abs().max()),
    }


def _logits(folder: Path, adapter: Path | None) -> Any:
    import torch

    loaded = load_vision_language(folder, adapter, torch.float32).eval()
    size = min(loaded.get_input_embeddings().weight.shape[0], 1000)  # beyond lie the marks of pictures
    tokens = torch.randint(0, size, (ROWS, TOKENS), generator=torch.Generator().manual_seed(0))
    tokens[tokens >= _first_mark(loaded)] = 1
    with torch.inference_mode():
        logits = loaded(input_ids=tokens).logits.float().clone()
    del loaded
    gc.collect()  # three models in turn, one at a time
    return logits


def _first_mark(loaded: Any) -> int:
    """The first token that stands for a picture or a video: none of them may come without one."""
    config = loaded.config
    marks = [getattr(config, name, None) for name in ("image_token_id", "video_token_id", "vision_start_token_id")]
    return min((mark for mark in marks if isinstance(mark, int)), default=1 << 31)
