"""``vtb-train-vlm merge``: one whole model of a base and its adapter, or of what another trainer has in parts."""

from __future__ import annotations

import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vtb.artifact import InputEntry
from vtb.artifact.local import find_model, folder_digest
from vtb.errors import QualityGate, UsageProblem
from vtb.geometry.as_trained import forget_shown
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run
from vtb_train_vlm.fsdp_files import HUGGINGFACE, checkpoint_folder, rank_files
from vtb_train_vlm.merge_adapter import merge_adapter

log = logging.getLogger("vtb.train")
# Largest difference of a logit, as a share of the largest logit: bfloat16 keeps 8 bits, float32 24.
TOLERANCE = 0.03

STAGE = Stage(
    command="vtb-train-vlm merge",
    summary="Merge a LoRA adapter into its base model, or the parts of an FSDP checkpoint into one model.",
    version=1,
    image="vtb/train-vlm",
    writes=("checkpoint",),
    resources=Resources(cpu="4", memory="64Gi", disk="100Gi"),
    model_cache=True,
)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options; what lies there is recorded as inputs."""

    model: str | None = option(
        None, metavar="PATH|URI", affects_output=False, artifact=("checkpoint",),
        help="The base model: a local folder with its files, or a checkpoint artifact.",
    )  # fmt: skip
    adapter: str | None = option(
        None, metavar="PATH|URI", affects_output=False, artifact=("adapter",),
        help="The adapter that was trained on it: a folder as PEFT writes it, or an adapter artifact.",
    )  # fmt: skip
    fsdp: str | None = option(
        None, metavar="FOLDER", affects_output=False,
        help="In place of both: a checkpoint of veRL or EasyR1, a folder with model_world_size_W_rank_R.pt files and "
        "huggingface/.",
    )  # fmt: skip
    bfloat16: bool = option(
        False, help="With --fsdp: write the weights in bfloat16; left out, they stay as they were trained."
    )

    def __post_init__(self) -> None:
        """One of the two."""
        if (self.fsdp is None) != bool(self.model and self.adapter) or (self.fsdp and (self.model or self.adapter)):
            raise UsageProblem("say what to merge: --model and --adapter, or --fsdp")
        if self.bfloat16 and not self.fsdp:
            raise UsageProblem("--bfloat16 is for --fsdp: an adapter is merged in the precision of its base model")


@stage_command(STAGE, Options)
def merge(run: Run, options: Options) -> None:
    """Merge a LoRA adapter into its base model, or the parts of an FSDP checkpoint into one model.

    Writes a checkpoint artifact: the whole model. With an adapter it is checked on a few tokens: it must say what base
    and adapter say together (exit 5 otherwise), and not what the base alone says. The files of an FSDP checkpoint (of
    veRL or EasyR1) are read without running code that may be in them.

    Example: vtb-train-vlm merge --model models/Qwen3-VL-2B-Instruct --adapter out/adapter --output out/merged
    """
    if options.fsdp:
        merge_parts(run, options, checkpoint_folder(options.fsdp))
    else:
        merge_lora(run, options, str(options.model), str(options.adapter))


def merge_parts(run: Run, options: Options, parts: Path) -> None:
    """One model of an FSDP checkpoint."""
    plan = run.plan(options, [InputEntry(str(parts), "fsdp-checkpoint", folder_digest(parts))])
    if run.already_done(plan):
        return
    find_model(str(parts / HUGGINGFACE), names=("config.json",)).folder()  # refuses code in it
    ranks = len(rank_files(parts))
    if run.dry_run:
        run.say_plan(plan, f"the model that {ranks} processes have in parts")
        return
    output = run.begin(plan)
    if output is None:
        return
    from vtb.engine.no_remote_code import forbid_remote_code
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision
    from vtb_train_vlm.fsdp_merge import merge_fsdp

    forbid_remote_code()
    allow_cpu_torchvision()
    with run.withdrawing(output), tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "merged"
        figures = merge_fsdp(parts, folder, bfloat16=options.bfloat16)
        forget_shown(folder)
        files = output.put_folder(folder)
    run.say_done(output, output.commit([], files, figures))


def merge_lora(run: Run, options: Options, model: str, adapter: str) -> None:
    """A base model with its adapter in it."""
    base, found = find_model(model), find_model(adapter, ("adapter",))
    plan = run.plan(options, [base.entry, found.entry])
    if run.already_done(plan):
        return
    model_dir, adapter_dir = base.folder(), found.folder()
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
