"""``vtb-train-vlm tiny-model``: a tiny random model, to try everything without a GPU or a download."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run

log = logging.getLogger("vtb.train")

STAGE = Stage(
    command="vtb-train-vlm tiny-model",
    summary="Build a tiny random model of a real architecture, offline.",
    version=2,  # small starts with its positions as they are
    image="vtb/train-vlm",
    writes=("checkpoint",),
    resources=Resources(cpu="1", memory="4Gi"),
    output_argument=True,
)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    family: Literal["qwen3_vl", "qwen2_5_vl", "dinov2_with_registers"] = option(
        "qwen3_vl", help="Architecture of the model; the last is no language model, but a geometry encoder."
    )
    size: Literal["tiny", "small"] = option(
        "tiny",
        help="tiny, half a million weights, shows that a pipeline works; small, 1.7 million, can learn easy puzzles.",
    )


@stage_command(STAGE, Options)
def tiny_model(run: Run, options: Options) -> None:
    """Build a tiny random model of a real architecture, offline.

    The model knows nothing, but every stage treats it like a real one: half a million weights, or with --size small
    1.7 million, its own small vocabulary, ready in seconds on any machine.

    Example: vtb-train-vlm tiny-model --family qwen3_vl out/tiny
    """
    plan = run.plan(options)
    if run.dry_run:
        run.say_plan(plan, f"a {options.size} {options.family} model")
        return
    output = run.begin(plan)
    if output is None:
        return
    from vtb_train_vlm.tiny_encoder import build_tiny_encoder
    from vtb_train_vlm.tiny_model import build_tiny_model

    with run.withdrawing(output), tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        if options.family == "dinov2_with_registers":
            build_tiny_encoder(folder, run.seed, options.size)
        else:
            build_tiny_model(options.family, folder, run.seed, options.size)
        files = output.put_folder(folder)
    run.say_done(output, output.commit([], files, {"family": options.family, "size": options.size}))
