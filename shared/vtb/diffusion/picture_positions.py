"""Gives picture tokens of Qwen-Image-Edit's prompt their places in three axes, which diffsynth 2.1.12 forgets.

Its pipeline calls the Qwen2.5-VL encoder without ``mm_token_type_ids``. transformers 5 takes that for a text without
pictures: ``position_ids`` stays None and every token is counted as a word, where the released models were trained with
multimodal rotary positions (Qwen2-VL, arXiv 2409.12191, section 2.1). No loss shows it. The same was reported for
diffusers (huggingface/diffusers#14194).
"""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger("vtb.engine")
ARGUMENT = "mm_token_type_ids"
_PICTURE = 1  # how transformers marks the tokens of pictures; words are 0


def restore_picture_positions(text_encoder: Any) -> None:
    """Add the argument to every call of an encoder that shows pictures; a pipeline that gives it is left alone."""

    def with_token_types(encoder: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
        if kwargs.get("pixel_values") is None:
            return None
        if kwargs.get(ARGUMENT) is not None:
            log.warning("this diffsynth says itself where pictures are: vtb/diffusion/picture_positions.py can go")
            hook.remove()  # said once
            return None
        marked = (kwargs["input_ids"] == encoder.model.config.image_token_id).int() * _PICTURE
        return args, {**kwargs, ARGUMENT: marked}

    hook = text_encoder.register_forward_pre_hook(with_token_types, with_kwargs=True)
