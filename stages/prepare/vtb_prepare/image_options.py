"""The options of ``vtb-prepare image``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vtb.stage.fields import option
from vtb_prepare.common_options import DrawnOptions


@dataclass(frozen=True)
class Options(DrawnOptions):
    """The command's own options."""

    edit_image: Literal["list", "single"] = option(
        "list",
        help="How rows name the puzzle: as a list, as Qwen-Image-Edit-2509 and -2511 need it, or as a single path, as "
             "the first Qwen-Image-Edit does; the two are asked by different templates.",
    )  # fmt: skip
    max_pixels: int = option(
        1_048_576, low=4096, help="Scale larger pictures down to this many pixels; take the number of the training."
    )
