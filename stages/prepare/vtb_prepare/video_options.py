"""The options of ``vtb-prepare video``."""

from __future__ import annotations

from dataclasses import dataclass

from vtb.media.frame_count import check_clip_form
from vtb.stage.fields import option
from vtb_prepare.common_options import DrawnOptions


@dataclass(frozen=True)
class Options(DrawnOptions):
    """The command's own options."""

    frames: int = option(81, help="Frames of every clip, 4k+1: the engine takes the first so many and drops the rest.")
    size: tuple[int, int] = option(
        (480, 480), metavar="WxH",
        help="Size of every clip, multiples of 32: the engine scales to cover its size and cuts the rest off.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse what a video model would round."""
        check_clip_form(self.frames, self.size, "--size")
