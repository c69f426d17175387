"""The options of ``vtb-prepare video``."""

from __future__ import annotations

from dataclasses import dataclass

from vtb.errors import UsageProblem
from vtb.media.frame_count import valid_frame_count
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
        if not valid_frame_count(self.frames):
            raise UsageProblem(f"--frames {self.frames}: video models take 4k+1 frames, at least 5, for example 81")
        width, height = self.size
        if width % 32 or height % 32 or min(self.size) < 32:
            raise UsageProblem(f"--size {width}x{height}: both sides must be multiples of 32")
