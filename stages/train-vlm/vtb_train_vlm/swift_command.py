"""Turns a training job into the command line and the environment of the engine; starts nothing.

Engine arguments come from three places, later ones winning: our own, the user's engine config file, and what the user
wrote after ``--``. They are merged by name, so the engine never sees an argument twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.engine.launch import Device, completions_file, engine_environment, launcher
from vtb.engine.train import EngineRun
from vtb.errors import UsageProblem
from vtb_train_vlm.engine_options import (
    Arguments,
    flatten,
    model_arguments,
    parse_arguments,
    read_config,
    side_of_token,
    to_arguments,
)
from vtb_train_vlm.engine_rewards import COMPLETIONS, EVALUATED
from vtb_train_vlm.job import Job

_LEFT_OVER = re.compile(r"remaining_argv: \[(.*)\]")
ENGINE = "vtb_train_vlm.engine"  # what ``python -m`` runs


def command(job: Job, device: Device, env: Mapping[str, str] | None = None) -> list[str]:
    """Returns the command that runs the job.

    Args:
        job: What to train.
        device: Where to train.
        env: Environment that says how many nodes and processes there are (``PET_*``, as torchrun reads it).

    Raises:
        UsageProblem: The engine arguments or the config file ask for something that cannot be.
        NotAvailable: The model folder is missing.
    """
    return [*launcher(ENGINE, job.nproc, env or {}), job.entry, *flatten(engine_arguments(job, device))]


def engine_arguments(job: Job, device: Device) -> Arguments:
    """Our arguments, overridden by those of the config file, and these by those after ``--``."""
    configured, _ = read_config(job.engine_config)
    return {**_own(job, device), **configured, **parse_arguments(job.engine_args)}


def engine_run(job: Job, device: Device, base: Mapping[str, str]) -> EngineRun:
    """What runs the job, for ``vtb.engine.train``."""
    env = environment(job, base, device)
    if device == "cpu":
        env.setdefault("OMP_NUM_THREADS", "1")
    return EngineRun(
        engine="ms-swift", command=command(job, device, env), env=env, cwd=job.dataset_dir, output_dir=job.output_dir,
        smaller="--batch-size, --max-length or --max-pixels", explain=unknown_argument,
    )  # fmt: skip


def unknown_argument(errors: Sequence[str]) -> UsageProblem | None:
    """What the engine's own message means when it has no such argument."""
    left = [match[1] for error in errors if (match := _LEFT_OVER.search(error))]
    if not left:
        return None
    return UsageProblem(f"ms-swift does not know what {left[-1]} after -- or in --engine-config is: correct it")


def environment(job: Job, base: Mapping[str, str], device: Device = "cuda") -> dict[str, str]:
    """Returns the environment that the command runs in: ``base`` with what the job needs set."""
    _, configured = read_config(job.engine_config)
    ours = engine_environment(ENGINE, base, job.output_dir, device)
    # swift looks for a relative path in the working folder first, then here.
    ours["ROOT_IMAGE_DIR"] = str(job.dataset_dir.resolve())
    if job.entry == "rlhf" and job.val_file:
        ours[EVALUATED] = str((job.dataset_dir / job.val_file).resolve())
        ours[COMPLETIONS] = str(completions_file(job.output_dir))
    return {**ours, **limits_of_pictures(job.model, job.max_pixels), **configured}


def limits_of_pictures(model: Path, max_pixels: int) -> dict[str, str]:
    """The variables by which the engine scales pictures down, and frames of clips to the same size.

    Its reader of clips (qwen_vl_utils) counts in tokens, and would also enlarge small frames to 128 tokens; evaluation
    shows them as they are, down to those of 4.
    """
    pictures, side = {"MAX_PIXELS": str(max_pixels)}, side_of_token(model)
    if not side:
        return pictures
    return {**pictures, "VIDEO_MAX_TOKEN_NUM": str(max(4, max_pixels // side**2)), "VIDEO_MIN_TOKEN_NUM": "4"}


def _own(job: Job, device: Device) -> Arguments:
    values: dict[str, Any] = {
        "model": job.model.resolve(),
        **model_arguments(job.model),
        "dataset": (job.dataset_dir / job.train_file).resolve(),
        "val_dataset": (job.dataset_dir / job.val_file).resolve() if job.val_file else None,
        "output_dir": job.output_dir.resolve(),
        "add_version": False,
        "tuner_type": job.tuner,
        "num_train_epochs": job.epochs,
        "max_steps": job.max_steps,
        "learning_rate": job.learning_rate,
        "per_device_train_batch_size": job.batch_size,
        "per_device_eval_batch_size": job.batch_size,
        "gradient_accumulation_steps": job.grad_accum,
        "max_length": job.max_length,
        # Else a row that is too long, or lacks its picture, is quietly replaced by another one.
        "strict": True,
        "save_strategy": "steps",
        "save_steps": job.save_steps,
        # With one alone, there is a moment with none: the old one goes before the new one is whole.
        "save_total_limit": max(2, job.save_total_limit),
        # Ten times in a training and at its end; with --save-steps, as the engine has it, the log would depend on that.
        "eval_steps": 0.1,
        "logging_steps": 1,
        "seed": job.seed,
        "data_seed": job.seed,
        # The stage writes TensorBoard's files itself, from its log.
        "report_to": "none",
        "resume_from_checkpoint": job.resume_from.resolve() if job.resume_from else None,
        "check_model": False,
        # The stage reports progress by the log of steps; a bar only clutters what it shows of the output.
        "disable_tqdm": True,
        **job.method,
        **_lora(job),
        **_device_arguments(job, device),
    }
    return to_arguments(values)


def _lora(job: Job) -> dict[str, Any]:
    if job.tuner != "lora":
        return {}
    return {"lora_rank": job.lora_rank, "lora_alpha": job.lora_alpha, "target_modules": "all-linear"}


def _device_arguments(job: Job, device: Device) -> dict[str, Any]:
    if device == "cuda":
        return {"torch_dtype": "bfloat16", "deepspeed": job.deepspeed}
    if job.deepspeed:
        raise UsageProblem(f"--deepspeed {job.deepspeed} needs a GPU: leave it out to train on the CPU")
    return {
        "torch_dtype": "float32",
        # float32 makes the engine turn fp16 on unless told otherwise.
        "fp16": False,
        "bf16": False,
        "use_cpu": True,
        "attn_impl": "eager",
        "dataloader_num_workers": 0,
        "gradient_checkpointing": False,
    }
