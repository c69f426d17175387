"""``vtb-gen-rooms``: videos of rooms with questions in the form of VSI-Bench."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from vtb.errors import UsageProblem
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run

STAGE = Stage(
    command="vtb-gen-rooms",
    summary="Render videos of rooms with questions about space whose answers are exact.",
    version=1,
    image="vtb/gen-rooms",
    writes=("questions", "vsi-folder"),
    kind_option=("layout", {"shards": "questions", "folder": "vsi-folder"}),
    parallel="shards",
    resources=Resources(cpu="2", memory="2Gi"),
)
CLIPS = "Videos"  # heading of the help
SIDES = range(120, 2049)
MOST_PIXELS = 1_000_000_000  # of a video, a byte each


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    rooms: int = option(100, low=1, help="Rooms, each with a video.")
    questions: int = option(
        10, low=1, high=50,
        help="Questions about each room: one of each type, then others; fewer where a room has no more.",
    )  # fmt: skip
    frames: int = option(
        32, low=1, high=999, help="Frames that a question shows, at equal distances, both ends included."
    )
    picture_size: tuple[int, int] = option((576, 432), help="Size of frames and videos in pixels, both sides even.")
    clip_frames: int = option(128, low=2, high=4096, group=CLIPS, help="Frames of the whole video.")
    fps: int = option(16, low=1, high=120, group=CLIPS, help="Frames per second of the video.")
    clips: bool = option(
        False, flag="--clips/--no-clips", group=CLIPS,
        help="Also store the videos, as videos/SCENE.mp4; the folder layout always has them.",
    )  # fmt: skip
    rooms_per_shard: int = option(16, low=1, group="The dataset", help="Rooms in one shard.")
    layout: Literal["shards", "folder"] = option(
        "shards", group="The dataset",
        help="WebDataset shards of questions with their frames, for vtb-eval; or questions.json and a folder of "
             "videos, as VSI-Bench has them, for vtb-prepare vsi.",
    )  # fmt: skip
    # It affects the output: the page is one of the artifact's files, and its bytes depend on this.
    preview: int = option(
        2, low=0, high=100, group="The dataset",
        help="Rooms in preview.html, with all their questions; 0 makes no such page.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse what could not be sampled, encoded or seen."""
        width, height = self.picture_size
        if width % 2 or height % 2 or width not in SIDES or height not in SIDES:
            raise UsageProblem(
                f"--picture-size {width}x{height}: both sides must be even, from {SIDES[0]} to {SIDES[-1]}"
            )
        if self.frames > self.clip_frames:
            raise UsageProblem(f"--frames {self.frames}: the video has --clip-frames {self.clip_frames}: take fewer")
        if width * height * self.clip_frames > MOST_PIXELS:
            raise UsageProblem(
                f"--clip-frames {self.clip_frames} of {width}x{height}: the whole video is kept in memory, at most "
                f"{MOST_PIXELS:,} pixels: take fewer or smaller ones"
            )


@stage_command(STAGE, Options)
def main(run: Run, options: Options) -> None:
    """Render videos of rooms with questions about space whose answers are exact.

    A camera walks through rooms of known boxes; what is asked has been seen, and what the words of a question alone
    tell is kept at chance. Writes a questions artifact, which vtb-eval predict reads, or with --layout folder the files
    that vtb-prepare vsi reads. The same seed and options give the same bytes, whatever the workers; a run that was cut
    off continues where it stopped.

    Example: vtb-gen-rooms --rooms 100 --layout folder --output out/rooms
    """
    from vtb_generate.rooms_shards import Recipe, make_shard, plan_shards  # what a help text does without
    from vtb_generate.rooms_whole import describe_whole

    recipe = Recipe(
        options.rooms, run.seed, options.questions, options.frames, options.picture_size, options.clip_frames,
        options.fps, options.clips, options.layout, options.preview,
    )  # fmt: skip
    run.make_shards(
        run.plan(options), plan_shards(recipe, options.rooms_per_shard), make_shard,
        lambda output: partial(describe_whole, output, recipe),
        what="rooms", summary=f"questions about {options.rooms} rooms",
    )  # fmt: skip
