"""The options of ``vtb-prepare vsi``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vtb.stage.fields import StageOptions, option
from vtb_prepare.quality import max_bad_option


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options; what lies in the files is recorded as inputs, not where they lie."""

    questions: Path = option(
        file=True, existing=True, affects_output=False, metavar="FILE",
        help="The questions: JSON, JSON lines or parquet with the columns of VSI-Bench (scene_name, question_type, "
             "question, options, ground_truth), or problem and solution in place of the last.",
    )  # fmt: skip
    videos: Path = option(
        file=True, existing=True, affects_output=False, metavar="FOLDER",
        help="The videos as SCENE.mp4, or their frames as pictures in SCENE/, directly or below a folder per dataset.",
    )  # fmt: skip
    frames: int = option(32, low=1, high=1024, help="Frames of each video, at equal distances, both ends included.")
    frame_pixels: int = option(262_144, low=1024, help="Scale larger frames down to this many pixels.")
    val: float = option(0.05, low=0, high=1, help="Share of the videos whose questions are for val.")
    benchmark_questions: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FILE",
        help="Questions of a benchmark, in the same form: what asks about a scene of that name is left out.",
    )  # fmt: skip
    benchmark_videos: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FOLDER",
        help="Videos of a benchmark: a video whose frames look like theirs is left out, whatever its name.",
    )  # fmt: skip
    max_bad: float = max_bad_option(0.01, "videos that may be missing or damaged")
