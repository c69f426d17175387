"""The options of ``vtb-prepare questions``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vtb.stage.fields import StageOptions, option
from vtb_prepare.quality import max_bad_option


def about_videos() -> tuple[str, ...]:
    """The benchmarks whose published files this stage reads."""
    from vtb.benchmarks.registry import benchmarks

    return tuple(name for name, benchmark in benchmarks().items() if benchmark.read is not None)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options; what lies in the files is recorded as inputs, not where they lie."""

    benchmark: str = option(choices=about_videos, help="The benchmark.")
    questions: Path = option(
        file=True, existing=True, affects_output=False, metavar="FILE",
        help="Its published questions: the parquet file, or the same rows as JSON or JSON lines.",
    )  # fmt: skip
    videos: Path = option(
        file=True, existing=True, affects_output=False, metavar="FOLDER",
        help="Its videos as DATASET/SCENE.mp4, or their frames as pictures in DATASET/SCENE/.",
    )  # fmt: skip
    frames: int = option(32, low=1, high=999, help="Frames of each video, at equal distances, both ends included.")
    frame_pixels: int = option(262_144, low=1024, help="Scale larger frames down to this many pixels.")
    show: Literal["images", "video"] = option(
        "images", help="Ask about the frames as so many pictures, as `vtb-prepare vsi` trains, or as one video."
    )
    max_bad: float = max_bad_option(0.0, "videos that may be missing or damaged")
