"""``vtb-prepare virl39k``: ViRL39K as rows for reinforcement learning with ms-swift."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_prepare.virl39k_options import Options

STAGE = Stage(
    command="vtb-prepare virl39k",
    summary="Write ViRL39K, questions about pictures with answers that can be checked, for reinforcement learning.",
    version=1,
    image="vtb/prepare",
    writes=("swift-dataset",),
    parallel="shards",
    resources=Resources(cpu="4", memory="8Gi", disk="30Gi"),
)


@stage_command(STAGE, Options)
def virl39k(run: Run, options: Options) -> None:
    """Write ViRL39K, questions about pictures with answers that can be checked, for reinforcement learning.

    Writes train_grpo.jsonl and val_grpo.jsonl for vtb-train-vlm grpo --reward vtb, with the category, the source and
    both pass rates of each row, and held_out.jsonl, the rows of val in their published form for vtb-prepare questions.
    No picture is in both splits. What is left out is counted by its reason.

    Example: vtb-prepare virl39k --questions 39Krelease.parquet --images images.zip --max-pass-rate 0.9
    --output out/virl39k
    """
    from vtb_prepare.virl39k_shards import make_rows  # what a help text does without

    make_rows(run, options)
