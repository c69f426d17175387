"""The options of ``vtb-prepare dynamic``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.errors import UsageProblem
from vtb.stage.fields import StageOptions, internal, option
from vtb_prepare.quality import max_bad_option

_SAMPLED = ("frames", "frame_pixels")  # how frames are taken; an artifact has its own
_OF_PUBLISHED = ("videos", *_SAMPLED)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options; what lies in the files is recorded as inputs, not where they lie."""

    questions: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FILE",
        help="In place of --input: the questions as the DSR Suite has them: qa_pairs.json, train_qas.json, or the "
             "published train_qa_pairs as JSON, JSON lines or parquet.",
    )  # fmt: skip
    videos: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FOLDER",
        help="The videos of --questions as NAME.mp4, or their frames as pictures in NAME/, at any depth.",
    )  # fmt: skip
    frames: int = option(
        32, low=1, high=999, help="Frames of each video of --videos, at equal distances, both ends included."
    )
    frame_pixels: int = option(230_400, low=1024, help="Scale larger frames of --videos down to this many pixels.")
    val: float = option(0.05, low=0, high=1, help="Share of the videos whose questions are for val.")
    benchmark_questions: tuple[Path, ...] = option(
        (), file=True, existing=True, affects_output=False, metavar="FILE",
        help="Questions of a benchmark, as DSR-Bench or VLM4D publishes them: what asks about a video of that name is "
             "left out. May be repeated.",
    )  # fmt: skip
    benchmark_videos: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FOLDER",
        help="Videos of benchmarks: a video whose frames look like theirs is left out, whatever its name.",
    )  # fmt: skip
    max_bad: float = max_bad_option(
        0.01, "videos that may be missing or damaged, and of questions that may be of no use"
    )
    given: frozenset[str] = internal(frozenset())

    def __post_init__(self) -> None:
        """Refuse options of the one source together with the other."""
        if self.questions is not None and self.videos is None:
            raise UsageProblem("--questions: needs its videos: give their folder with --videos")
        wrong = [name for name in _OF_PUBLISHED if name in self.given] if self.questions is None else []
        if wrong:
            raise UsageProblem(f"--{wrong[0].replace('_', '-')}: goes with --questions")

    def recorded(self) -> dict[str, Any]:
        """Without how frames are taken, where the input has its own."""
        unused = _SAMPLED if self.questions is None else ()
        return {name: value for name, value in super().recorded().items() if name not in unused}
