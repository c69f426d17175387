"""The options of ``vtb-eval predict`` for models that draw their answers."""

from __future__ import annotations

from dataclasses import dataclass

from vtb.diffusion.variants import IMAGE, VIDEO
from vtb.media.frame_count import check_clip_form
from vtb.stage.fields import option

GROUP = "A model that draws"
DRAW_PIXELS, FRAMES, CLIP_SIZE = 1_048_576, 81, (480, 480)  # where neither options nor training say it


@dataclass(frozen=True)
class DrawingOptions:
    """How answers are drawn; nothing of it counts without a variant."""

    variant: str | None = option(
        None, choices=(*IMAGE, *VIDEO), group=GROUP,
        help="The model draws its answers, and is this one; --adapter is then a LoRA of vtb-train-image or -video.",
    )  # fmt: skip
    samples: int = option(1, low=1, high=999, group=GROUP, help="Answers to each puzzle, for pass@k.")
    inference_steps: int = option(40, low=2, group=GROUP, help="Steps of the sampler.")
    guidance: float = option(
        4.0, low=1, high=100, group=GROUP, help="Scale of classifier-free guidance; 1 does without, in half the time."
    )
    edit_pixels: int | None = option(
        None, low=1024, group=GROUP, default_text="those of the training, or 1048576",
        help="Show a picture to edit scaled to about this many pixels.",
    )  # fmt: skip
    draw_pixels: int | None = option(
        None, low=4096, group=GROUP, default_text="those of the training, or 1048576",
        help="Draw pictures of at most so many pixels.",
    )  # fmt: skip
    frames: int | None = option(
        None, group=GROUP, default_text="those of the training, or 81",
        help="Frames of a clip, 4k+1, where the puzzle has none of its own.",
    )  # fmt: skip
    clip_size: tuple[int, int] | None = option(
        None, metavar="WxH", group=GROUP, default_text="that of the training, or 480x480",
        help="Size of a clip, multiples of 32, where the puzzle has none of its own.",
    )  # fmt: skip
    fps: int = option(16, low=1, group=GROUP, help="Frames a second of a clip.")

    def __post_init__(self) -> None:
        """Refuse what a video model would round."""
        frames = FRAMES if self.frames is None else self.frames
        check_clip_form(frames, self.clip_size or CLIP_SIZE, "--clip-size")
