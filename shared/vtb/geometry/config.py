"""The configuration of a Qwen-VL with geometry: the model's own, and beside it what the geometry is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers import Dinov2WithRegistersConfig, PretrainedConfig, Qwen2_5_VLConfig, Qwen3VLConfig

from vtb.geometry.kind import KINDS


class GeometryConfig(PretrainedConfig):  # type: ignore[misc]
    """What is added to the model.

    Attributes:
        mode: ``select`` or ``concat`` (``vtb.geometry.job``).
        queries: tokens that a picture or clip gets of selected geometry.
        image_mean: of the pixels that the model's processor gives.
        image_std: of them.
        special_ids: tokens that are no words: those of turns and media.
        encoder_config: of the geometry encoder.
    """

    model_type = "vtb_geometry"
    sub_configs = {"encoder_config": Dinov2WithRegistersConfig}  # noqa: RUF012

    def __init__(
        self, mode: str = "select", queries: int = 32, image_mean: Sequence[float] = (0.5, 0.5, 0.5),
        image_std: Sequence[float] = (0.5, 0.5, 0.5), special_ids: Sequence[int] = (), encoder_config: Any = None,
        **more: Any,
    ) -> None:  # fmt: skip
        """``encoder_config`` may be a dictionary, as it is read from a file."""
        self.mode, self.queries = mode, queries
        self.image_mean, self.image_std, self.special_ids = list(image_mean), list(image_std), list(special_ids)
        known = isinstance(encoder_config, Dinov2WithRegistersConfig)
        self.encoder_config = encoder_config if known else Dinov2WithRegistersConfig(**(encoder_config or {}))
        super().__init__(**more)


class GeometryQwen25Config(Qwen2_5_VLConfig):  # type: ignore[misc]
    """Of a Qwen2.5-VL with geometry."""

    model_type = KINDS["qwen2_5_vl"]
    sub_configs = {**Qwen2_5_VLConfig.sub_configs, "geometry_config": GeometryConfig}  # noqa: RUF012

    def __init__(self, geometry_config: Any = None, **more: Any) -> None:
        """``geometry_config`` may be a dictionary, as it is read from a file."""
        self.geometry_config = _geometry(geometry_config)
        super().__init__(**more)


class GeometryQwen3Config(Qwen3VLConfig):  # type: ignore[misc]
    """Of a Qwen3-VL with geometry."""

    model_type = KINDS["qwen3_vl"]
    sub_configs = {**Qwen3VLConfig.sub_configs, "geometry_config": GeometryConfig}  # noqa: RUF012

    def __init__(self, geometry_config: Any = None, **more: Any) -> None:
        """``geometry_config`` may be a dictionary, as it is read from a file."""
        self.geometry_config = _geometry(geometry_config)
        super().__init__(**more)


def _geometry(given: Any) -> GeometryConfig:
    return given if isinstance(given, GeometryConfig) else GeometryConfig(**(given or {}))
