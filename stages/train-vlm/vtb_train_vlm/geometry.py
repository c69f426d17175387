"""``vtb-train-vlm geometry``: supervised training of a model that looks at geometry (DSR Suite, arXiv 2512.20557)."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_train_vlm.geometry_options import Options

STAGE = Stage(
    command="vtb-train-vlm geometry",
    summary="Train a vision-language model that selects geometry by the question.",
    version=1,
    image="vtb/train-vlm",
    reads=("swift-dataset",),
    writes=("checkpoint",),
    resources=Resources(cpu="8", memory="128Gi", gpu=1, disk="100Gi", shared_memory="16Gi"),
    gang=True,
    model_cache=True,
    grace_s=600,
)


@stage_command(STAGE, Options)
def geometry(run: Run, options: Options) -> None:
    """Train a vision-language model that selects geometry by the question.

    Reads a swift-dataset artifact: questions about pictures and clips with their answers. A Qwen-VL gets a frozen
    geometry encoder and a module that reads the question and takes of the geometry what it asks for; --geometry concat
    and none are the ablations. `vtb-eval predict` asks what it writes. Checkpoints are copied to the output while
    training goes on: a run that was cut off continues from the newest when the same command runs again, and SIGTERM
    saves one and exits 75.

    Example: vtb-train-vlm geometry --input out/rows --model out/tiny --encoder out/encoder --output out/sees
    """
    from vtb_train_vlm.geometry_training import train_geometry  # what a help text does without

    train_geometry(run, options)
