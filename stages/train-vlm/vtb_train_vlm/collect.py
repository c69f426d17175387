"""From the engine's output folder to the artifact: weights, log, curve, TensorBoard files, proof of training."""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any

from vtb.artifact import Manifest
from vtb.artifact.output import Output
from vtb.engine.complete import newest_complete_checkpoint
from vtb.engine.curves import read_figures, read_parts
from vtb.engine.hardware import Device
from vtb.engine.launch import train_log
from vtb.engine.lock import OutputLock
from vtb.engine.proof import training_proof
from vtb.engine.side_files import write_side_files
from vtb.errors import BadInput, QualityGate
from vtb.geometry.as_trained import forget_shown
from vtb_train_vlm.job import Job
from vtb_train_vlm.merge_adapter import merge_adapter
from vtb_train_vlm.method import Method, Rows
from vtb_train_vlm.repeat import write_repeat

log = logging.getLogger("vtb.train")
# What an engine keeps in a checkpoint only to go on training; some of it names paths of this machine.
_ONLY_FOR_RESUMING = (
    "optimizer", "scheduler", "rng_state", "trainer_state", "training_args", "args.json", "global_step", "latest",
    "zero_to_fp32", "README.md", ".complete",
)  # fmt: skip


def collect(
    job: Job, method: Method, where: Device, output: Output, outcome: dict[str, Any], lock: OutputLock, *, merge: bool
) -> Manifest:
    """Write the artifact.

    Raises:
        BadInput: the engine ended well and left no checkpoint.
        QualityGate: training changed nothing.
        TryAgain: another run has taken the output over.
    """
    checkpoint = newest_complete_checkpoint(job.output_dir)
    if checkpoint is None:
        raise BadInput(f"ms-swift ended without a checkpoint: has {job.train_file} too few rows?")
    weights = job.output_dir / "weights"
    copy_weights(checkpoint, weights)
    if merge and job.tuner == "lora":
        merge_adapter(job.model, weights, weights / "merged", os.environ)
    rows = read_figures(train_log(job.output_dir))
    proof = check_proof(job, weights, method, rows)
    write_side_files(rows, method.curves(rows), weights)
    write_repeat(job, where, weights)
    method.keep(job, weights)
    lock.check()
    files = output.put_folder(weights)
    metrics = {**proof, **method.figures(rows), "steps": outcome["step"]}
    lock.check()
    return output.commit([], files, metrics, {"parts": read_parts(train_log(job.output_dir))})


def copy_weights(checkpoint: Path, weights: Path) -> None:
    """The files of a checkpoint that make the model or the adapter."""
    for path in checkpoint.iterdir():
        if path.is_file() and not path.name.startswith(_ONLY_FOR_RESUMING):
            weights.mkdir(exist_ok=True)
            shutil.copy(path, weights / path.name)
    forget_shown(weights)
    config = weights / "adapter_config.json"
    if config.exists():
        config.write_text(json.dumps(tidy(json.loads(config.read_text())), indent=2, sort_keys=True) + "\n")


def tidy(config: dict[str, Any]) -> dict[str, Any]:
    """An adapter's configuration, the same for the same training: names of modules are a set to PEFT, in any order.

    The base model's place on this machine is nobody's business, and wrong elsewhere.
    """
    values = {name: sorted(value) if _is_names(value) else value for name, value in config.items()}
    return {**values, "base_model_name_or_path": Path(config["base_model_name_or_path"]).name}


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def check_proof(job: Job, weights: Path, method: Method, rows: Rows) -> dict[str, Any]:
    """Figures that show that training changed the model; an exit code of 0 does not."""
    lora = job.tuner == "lora"
    whole = weights / "merged" if lora else weights
    proof = training_proof(job.model, weights if lora else None, whole if (whole / "config.json").exists() else None)
    if method.in_vain(rows) or proof.get("lora_b_max", 1) == 0 or proof.get("weights_diff_max", 1) == 0:
        raise QualityGate(f"training changed nothing: {method.unchanged(rows)}")
    return proof
