"""``vtb-prepare vlm``: questions and answers about pictures, in the format of ms-swift."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_prepare.vlm_options import Options

STAGE = Stage(
    command="vtb-prepare vlm",
    summary="Write puzzles as questions and answers for training a vision-language model.",
    version=3,
    image="vtb/prepare",
    reads=("puzzles", "questions"),
    many_inputs=True,
    writes=("swift-dataset",),
    parallel="shards",
    resources=Resources(cpu="2", memory="4Gi"),
)


@stage_command(STAGE, Options)
def vlm(run: Run, options: Options) -> None:
    """Write puzzles as questions and answers for training a vision-language model.

    Reads curated or raw puzzles artifacts, questions about videos (vtb-gen-rooms), or a folder in the VLMPuzzle
    layout (data.json). Writes train_sft.jsonl, train_grpo.jsonl, val_sft.jsonl and val_grpo.jsonl for ms-swift, with
    the pictures packed in one tar per shard; vtb-train-vlm unpacks them. Questions about mazes show the picture with
    printed cell IDs. A curated test split is left out.

    Example: vtb-prepare vlm --input out/curated --output out/dataset
    """
    from vtb_prepare.vlm_shards import make_dataset  # what a help text does without

    make_dataset(run, options)
