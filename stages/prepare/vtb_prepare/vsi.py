"""``vtb-prepare vsi``: questions about videos of rooms in the form of VSI-Bench, for ms-swift."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_prepare.vsi_options import Options

STAGE = Stage(
    command="vtb-prepare vsi",
    summary="Write questions about videos in the form of VSI-Bench, with frames of the videos, for training.",
    version=2,  # extracted frames in the order of their numbers
    image="vtb/prepare",
    writes=("swift-dataset",),
    parallel="shards",
    resources=Resources(cpu="4", memory="8Gi"),
)


@stage_command(STAGE, Options)
def vsi(run: Run, options: Options) -> None:
    """Write questions about videos in the form of VSI-Bench, with frames of the videos, for training.

    Every video is decoded once, however many questions ask about it. Writes train_grpo.jsonl, val_grpo.jsonl and the
    same for sft, whose rows have images, messages, solution and question_type; the frames are packed in tars. All
    questions about a video are in one split. Give --benchmark-questions, so that no scene of a benchmark is trained on.

    Example: vtb-prepare vsi --questions vsi_train.json --videos videos/ --benchmark-questions test.parquet
    --output out/vsi
    """
    from vtb_prepare.vsi_shards import make_rows  # what a help text does without

    make_rows(run, options)
