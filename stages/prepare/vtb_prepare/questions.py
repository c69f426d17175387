"""``vtb-prepare questions``: a published benchmark about videos as an artifact that ``vtb-eval`` takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run
from vtb_prepare.quality import max_bad_option

STAGE = Stage(
    command="vtb-prepare questions",
    summary="Read a benchmark about videos, with frames of each, for evaluation.",
    version=1,
    image="vtb/prepare",
    writes=("questions",),
    parallel="shards",
    resources=Resources(cpu="4", memory="8Gi"),
)


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


@stage_command(STAGE, Options)
def questions(run: Run, options: Options) -> None:
    """Read a benchmark about videos, with frames of each, for evaluation.

    Every video is decoded once, and its frames are kept once, however many questions ask about it. vtb-eval predict
    asks a model, and vtb-eval score judges as the benchmark's released evaluator does.

    Example: vtb-prepare questions --benchmark vsi-bench --questions test.parquet --videos vsi_bench/ --output out/vsi
    """
    from vtb_prepare.question_shards import make_questions  # what a help text does without

    make_questions(run, options)
