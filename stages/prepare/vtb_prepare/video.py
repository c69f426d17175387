"""``vtb-prepare video``: clips in which puzzles are solved, for DiffSynth-Studio."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_prepare.video_options import Options

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
