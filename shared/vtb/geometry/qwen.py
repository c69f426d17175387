"""Qwen-VLs with geometry as models of transformers: trained, saved, loaded and asked like any other."""

from __future__ import annotations

import functools
from typing import Any

from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3VLForConditionalGeneration,
)  # fmt: skip

from vtb.geometry.config import GeometryQwen3Config, GeometryQwen25Config
from vtb.geometry.model import WithGeometry


class GeometryQwen25(WithGeometry, Qwen2_5_VLForConditionalGeneration):  # type: ignore[misc]
    """A Qwen2.5-VL with geometry."""

    config_class = GeometryQwen25Config

    @functools.wraps(Qwen2_5_VLForConditionalGeneration.forward)
    def forward(self, input_ids: Any = None, *args: Any, **more: Any) -> Any:
        """See ``WithGeometry``."""
        return self._seen(super().forward, input_ids, args, **more)


class GeometryQwen3(WithGeometry, Qwen3VLForConditionalGeneration):  # type: ignore[misc]
    """A Qwen3-VL with geometry."""

    config_class = GeometryQwen3Config

    @functools.wraps(Qwen3VLForConditionalGeneration.forward)
    def forward(self, input_ids: Any = None, *args: Any, **more: Any) -> Any:
        """See ``WithGeometry``."""
        return self._seen(super().forward, input_ids, args, **more)


MADE_OF = {"qwen2_5_vl": GeometryQwen25, "qwen3_vl": GeometryQwen3}  # by the ``model_type`` of what they are made of


def register() -> None:
    """Tell the Auto classes of them, so that a saved folder loads by them without code from the folder."""
    for made in MADE_OF.values():
        AutoConfig.register(made.config_class.model_type, made.config_class, exist_ok=True)
        AutoModelForImageTextToText.register(made.config_class, made, exist_ok=True)
