"""``vtb-eval predict``: a model's answers to the puzzles of one split."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_eval.predict_options import Options

STAGE = Stage(
    command="vtb-eval predict",
    summary="Let a model answer puzzles, in words or by drawing.",
    version=7,
    image="vtb/eval",
    reads=("puzzles", "questions"),
    writes=("predictions",),
    parallel="shards",
    resources=Resources(cpu="4", memory="32Gi", gpu=1, disk="100Gi", shared_memory="8Gi"),
    model_cache=True,
    served_by="endpoint",
    credentials=("OPENAI_API_KEY",),
)


@stage_command(STAGE, Options)
def predict(run: Run, options: Options) -> None:
    """Let a model answer puzzles, in words or by drawing.

    Asks about every sample of a split with the same words and pictures as the training, and writes the answers with
    their records. The puzzles may also be those of the benchmark: a folder with data.json, or the hub's parquet files,
    asked about in their own words. The model is a folder or an artifact, or one that a server has (--endpoint); with
    --variant it is one that draws pictures or clips. A run that was cut off goes on where it stopped.

    Example: vtb-eval predict --input out/curated --model out/tiny --adapter out/adapter --output out/predictions
    """
    from vtb_eval.predicting import make_predictions  # what a help text does without

    make_predictions(run, options)
