"""The options of ``vtb-prepare vlm``."""

from __future__ import annotations

from dataclasses import dataclass

from vtb.stage.fields import StageOptions
from vtb_prepare.common_options import val_option


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    val: float = val_option()
