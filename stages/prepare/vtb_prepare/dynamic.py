"""``vtb-prepare dynamic``: questions about how things move in videos, for ms-swift and the trainer with geometry."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_prepare.dynamic_options import Options

STAGE = Stage(
    command="vtb-prepare dynamic",
    summary="Write questions about how things move in videos, with frames of the videos, for training.",
    version=2,
    image="vtb/prepare",
    reads=("questions",),
    many_inputs=True,
    needs_input=False,
    writes=("swift-dataset",),
    parallel="shards",
    resources=Resources(cpu="4", memory="8Gi"),
)


@stage_command(STAGE, Options)
def dynamic(run: Run, options: Options) -> None:
    """Write questions about how things move in videos, with frames of the videos, for training.

    Reads what vtb-gen-dynamic makes (--input), or questions in the forms of the DSR Suite and their videos
    (--questions, --videos). Writes train_sft.jsonl, val_sft.jsonl and the same for grpo, whose rows show a video as a
    list of frames and are answered by the letter of an option; the frames are packed in tars. All questions about a
    video are in one split. Give --benchmark-questions and --benchmark-videos, so that no video of a benchmark is
    trained on.

    Example: vtb-prepare dynamic --questions qa_pairs.json --videos videos/ --benchmark-questions benchmark.parquet
    --output out/dynamic
    """
    from vtb_prepare.dynamic_shards import make_dataset  # what a help text does without

    make_dataset(run, options)
