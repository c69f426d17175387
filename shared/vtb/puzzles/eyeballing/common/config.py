"""What can be chosen about an eyeballing puzzle, and where its canvas lies in a clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vtb.errors import UsageProblem
from vtb.media.image import Image
from vtb.puzzles.eyeballing.common.placement import Frame
from vtb.puzzles.eyeballing.common.record import EyeballingRecord
from vtb.puzzles.family import Clip, ClipRecord

LEAST_SCALE = 0.4  # of a clip: the red outline has two pixels then; H.264 takes the color out of a thinner one
LEAST_RADIUS = 4  # of a candidate in a clip: there is room for a letter of seven pixels


@dataclass(frozen=True)
class Config:
    """What can be chosen about an eyeballing puzzle."""

    width: int = field(default=480, metadata={"help": "Width of the picture in pixels, 256 to 2048."})
    aspect: float = field(default=1.0, metadata={"help": "Width divided by height, 0.5 to 2."})
    point_radius: int = field(default=10, metadata={"help": "Radius of a candidate's disc in pixels, 6 to 24."})
    line_width: int = field(default=5, metadata={"help": "Width of lines in pixels, 1 to 12."})
    distractor_distance: float = field(
        default=1.0, metadata={"help": "How far apart the candidates lie, as a factor: 1 is the closest, 2 is easy."}
    )
    sampling: Literal["fair", "videothinkbench"] = field(
        default="fair",
        metadata={"help": "fair makes every candidate equally likely for anyone who does not look at the drawing; "
                          "videothinkbench keeps the benchmark's way, and its shortcuts."},
    )  # fmt: skip
    clip: Clip | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        bounds = {
            "width": (256, 2048), "aspect": (0.5, 2), "point_radius": (6, 24), "line_width": (1, 12),
            "distractor_distance": (1, 2),
        }  # fmt: skip
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                flag = name.replace("_", "-")
                raise UsageProblem(f"--{flag} {getattr(self, name)}: must be from {low} to {high}")
        if self.point_radius * 24 > min(self.width, self.height):
            raise UsageProblem(
                f"--point-radius {self.point_radius}: too large for a picture of {self.width}x{self.height}: "
                f"take at most {min(self.width, self.height) // 24}, or a larger --width"
            )
        if self.clip is not None and clip_scale(self) < LEAST_SCALE:
            raise UsageProblem(
                f"--clip-size {self.clip.size[0]}x{self.clip.size[1]}: shows a picture of {self.width}x{self.height} "
                f"at less than {LEAST_SCALE} of its size, too small for its marks: take a larger clip or a smaller "
                "--width"
            )
        if self.clip is not None and self.point_radius * clip_scale(self) < LEAST_RADIUS:
            raise UsageProblem(
                f"--clip-size {self.clip.size[0]}x{self.clip.size[1]}: leaves candidates a radius of fewer than "
                f"{LEAST_RADIUS} pixels, too small for their letters: take a larger clip or a larger --point-radius"
            )

    @property
    def height(self) -> int:
        """The height that follows from width and aspect, even so that clips can hold it."""
        return round(self.width / self.aspect / 2) * 2

    @property
    def frame(self) -> Frame:
        """The canvas as the sampler sees it."""
        margin = max(18, round(0.06 * min(self.width, self.height)))
        return Frame(self.width, self.height, margin, self.point_radius, self.distractor_distance)


def clip_scale(config: Config) -> float:
    """The largest scale at which the canvas fits into the clip."""
    assert config.clip is not None
    return min(config.clip.size[0] / config.width, config.clip.size[1] / config.height)


def clip_record(config: Config) -> ClipRecord:
    """Where the canvas lies in the clip: as large as fits, in the middle."""
    assert config.clip is not None
    (width, height), scale = config.clip.size, clip_scale(config)
    offset = round((width - config.width * scale) / 2), round((height - config.height * scale) / 2)
    return ClipRecord(frames=config.clip.frames, fps=config.clip.fps, size=config.clip.size, scale=scale, offset=offset)


def in_clip(clip: ClipRecord, width: int, height: int) -> bool:
    """Whether a canvas of that size, which has at least a pixel there, lies in the clip."""
    placed = zip(clip.offset, (width * clip.scale, height * clip.scale), clip.size, strict=True)
    return all(start >= 0 and length >= 1 and start + length <= side + 1 for start, length, side in placed)


def canvas_part(record: EyeballingRecord, frame: Image) -> Image:
    """The part of a frame of any size that shows the canvas; all of it where the record describes no clip."""
    clip = record.clip
    if not clip:
        return frame
    height, width = frame.shape[:2]
    x, y = width / clip.size[0], height / clip.size[1]
    left, top = clip.offset[0] * x, clip.offset[1] * y
    wide, high = (side * clip.scale for side in record.canvas_dimensions)
    return frame[round(top) : round(top + high * y), round(left) : round(left + wide * x)]
