"""A vision-language model in this process, through transformers and peft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtb.engine.adapter_patterns import check_patterns
from vtb.engine.time_limit import time_limit
from vtb.errors import BadInput, VtbError

TEMPLATE_S = 20.0  # one chat takes a thousandth of a second


def load_vision_language(model: Path, adapter: Path | None, dtype: Any, *, tokens: int = 0) -> Any:
    """A model folder, with an adapter on top or without: only safetensors, only local files, no code from the folder.

    Args:
        model: its folder.
        adapter: the folder of a LoRA, if any.
        dtype: of torch, in which the weights are kept.
        tokens: how many of these the adapter knows, where it may be more than the model has rows for.

    Raises:
        BadInput: it cannot be loaded.
    """
    import torch
    from transformers import AutoModelForImageTextToText

    try:
        loaded = AutoModelForImageTextToText.from_pretrained(
            model, dtype=dtype, local_files_only=True, use_safetensors=True, trust_remote_code=False
        )
        if loaded.get_input_embeddings().weight.shape[0] < tokens:
            loaded.resize_token_embeddings(tokens, pad_to_multiple_of=64, mean_resizing=False)
        if adapter is not None:
            from peft import PeftModel

            check_patterns(adapter, (name for name, _ in loaded.named_modules()))
            loaded = PeftModel.from_pretrained(loaded, adapter, use_safetensors=True)
    except (VtbError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # the libraries raise what they like about a damaged folder
        raise BadInput(f"{adapter or model}: cannot be loaded as a vision-language model: {error!r}") from error
    return loaded


def load_processor(model: Path, max_pixels: int) -> Any:
    """The processor of a folder, which scales larger pictures down to so many pixels and pads on the left.

    Raises:
        BadInput: it cannot be loaded, or is of another kind than Qwen-VL's.
    """
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    from transformers import AutoProcessor
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    try:
        processor = AutoProcessor.from_pretrained(model, local_files_only=True, trust_remote_code=False)
        size = processor.image_processor.size
        with time_limit(TEMPLATE_S):
            processor.apply_chat_template([{"role": "user", "content": [{"type": "text", "text": ""}]}])
    except Exception as error:  # the libraries raise what they like about a damaged folder
        raise BadInput(f"{model}: its processor cannot be loaded: {error!r}") from error
    processor.tokenizer.padding_side = "left"  # answers start where the prompts of a batch end
    if "longest_edge" not in size:
        raise BadInput(
            f"{model}: its pictures have a fixed size ({dict(size)}): only models like Qwen-VL are supported"
        )
    size["longest_edge"] = min(max_pixels, size["longest_edge"])  # pixels of the whole picture, in Qwen's processors
    return processor
