"""``vtb-train-vlm merge``: an adapter into its base model, as a command of its own."""

from __future__ import annotations

import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vtb.artifact.local import find_model
from vtb.errors import QualityGate
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run
from vtb_train_vlm.merge_adapter import merge_adapter

log = logging.getLogger("vtb.train")
# Largest difference of a logit, as a share of the largest logit: bfloat16 keeps 8 bits, float32 24.
TOLERANCE = 0.03

STAGE = Stage(
    command="vtb-train-vlm merge",
    summary="Merge a LoRA adapter into its base model and check the result by its logits.",
    version=1,
    image="vtb/train-vlm",
    writes=("checkpoint",),
    resources=Resources(cpu="4", memory="64Gi", disk="100Gi"),
    model_cache=True,
)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options; what lies there is recorded as inputs."""

    model: str = option(
        metavar="PATH|URI", affects_output=False, artifact=("checkpoint",),
        help="The base model: a local folder with its files, or a checkpoint artifact.",
    )  # fmt: skip
    adapter: str = option(
        metavar="PATH|URI", affects_output=False, artifact=("adapter",),
        help="The adapter that was trained on it: a folder as PEFT writes it, or an adapter artifact.",
    )  # fmt: skip


@stage_command(STAGE, Options)
def merge(run: Run, options: Options) -> None:
    """Merge a LoRA adapter into its base model and check the result by its logits.

    Writes a checkpoint artifact: the whole model, which needs no adapter any more. It is checked on a few tokens: the
    merged model must say what base and adapter say together (exit 5 otherwise), and not what the base alone says.

    Example: vtb-train-vlm merge --model models/Qwen3-VL-2B-Instruct --adapter out/adapter --output out/merged
    """
    base, adapter = find_model(options.model), find_model(options.adapter, ("adapter",))
    plan = run.plan(options, [base.entry, adapter.entry])
    if run.already_done(plan):
        return
    model_dir, adapter_dir = base.folder(), adapter.folder()
    if run.dry_run:
        run.say_plan(plan, "the model with the adapter merged in")
        return
    output = run.begin(plan)
    if output is None:
        return
    with run.withdrawing(output), tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "merged"
        log.info("merging, which takes half a minute or more")
        merge_adapter(model_dir, adapter_dir, folder, os.environ)
        figures = check_merged(model_dir, adapter_dir, folder)
        files = output.put_folder(folder)
    run.say_done(output, output.commit([], files, figures))


def check_merged(model: Path, adapter: Path, merged: Path) -> dict[str, float]:
    """Figures that show that the merged model is base and adapter.

    Raises:
        QualityGate: it is not, or the adapter changes nothing.
    """
    from vtb_train_vlm.logits import compare_logits

    figures = compare_logits(model, adapter, merged)
    if figures["merged_minus_adapter"] > TOLERANCE * figures["largest"]:
        raise QualityGate(
            f"the merged model says something else than base and adapter: a logit differs by "
            f"{figures['merged_minus_adapter']:.3g} of {figures['largest']:.3g}: was the adapter trained on this model?"
        )
    if figures["merged_minus_base"] == 0:
        raise QualityGate("the adapter changes nothing: every logit is the base model's: did its training learn?")
    log.info(
        "logits: merged and adapter differ by %.2g, merged and base by %.2g, the largest is %.3g",
        figures["merged_minus_adapter"], figures["merged_minus_base"], figures["largest"],
    )  # fmt: skip
    return figures
