"""``vtb-prepare video``: clips in which puzzles are solved, for DiffSynth-Studio."""

from __future__ import annotations

from dataclasses import dataclass

from vtb.errors import UsageProblem
from vtb.media.frame_count import valid_frame_count
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import option
from vtb.stage.run import Run
from vtb_prepare.common_options import DrawnOptions

STAGE = Stage(
    command="vtb-prepare video",
    summary="Write clips in which puzzles are solved for training a video model.",
    version=1,
    image="vtb/prepare",
    reads=("puzzles",),
    many_inputs=True,
    writes=("diffsynth-dataset",),
    parallel="shards",
    resources=Resources(cpu="2", memory="4Gi"),
)


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


@stage_command(STAGE, Options)
def video(run: Run, options: Options) -> None:
    """Write clips in which puzzles are solved for training a video model.

    Reads curated or raw puzzles artifacts with clips, or a folder in the VLMPuzzle layout (data.json). Writes
    metadata.csv and metadata_val.csv as DiffSynth-Studio reads them (video, prompt), train_video.csv with the same rows
    as metadata.csv, and what judges need in examples.jsonl; the clips are packed in one tar per shard. A clip that the
    engine would shorten, crop or squeeze is refused, and so is one whose last frame does not show the answer. A curated
    test split is left out.

    Example: vtb-prepare video --input out/curated --frames 81 --size 480x480 --output out/clips
    """
    from vtb_prepare.clips import make_clips  # what a help text does without

    make_clips(run, options)
