"""``vtb-train-vlm sft``: supervised fine-tuning through ms-swift."""

from __future__ import annotations

import hashlib
import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import click

from vtb.artifact import Manifest, Plan, read_manifest
from vtb.artifact.local import cache_folder, local_artifact, local_model, verify
from vtb.artifact.output import Output, State, file_sha256
from vtb.engine.checkpoints import fetch_newest, remove_all, stored_checkpoints
from vtb.engine.hardware import Device, choose_device, default_processes, is_main_node, require_deepspeed
from vtb.engine.lock import OutputLock
from vtb.errors import BadInput, NotAvailable
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.options import Finite, VtbOption
from vtb.stage.run import Run
from vtb.store import is_remote, open_store
from vtb_train_vlm.collect import collect
from vtb_train_vlm.engine_options import check_engine_args
from vtb_train_vlm.rows import check_rows, special_tokens
from vtb_train_vlm.swift_command import SftJob, command
from vtb_train_vlm.training import already_done, train

log = logging.getLogger("vtb.train")

STAGE = Stage(
    command="vtb-train-vlm sft",
    summary="Fine-tune a vision-language model on answers, by LoRA or fully.",
    version=2,
    image="vtb/train-vlm",
    reads=("swift-dataset",),
    writes=("adapter", "checkpoint"),
    artifact_options={"model": ("checkpoint",)},
    resources=Resources(cpu="8", memory="64Gi", gpu=1),
)

OPTIONS: list[click.Parameter] = [
    VtbOption(["--model"], required=True, metavar="PATH|URI", affects_output=False, show_default=False,
              help="The model to start from: a local folder with its files, or a checkpoint artifact."),
    VtbOption(["--tuner"], type=click.Choice(["lora", "full"]), default="lora",
              help="lora writes an adapter, full a whole model (a checkpoint artifact)."),
    VtbOption(["--epochs"], type=Finite(0, min_open=True), default=1.0, help="Passes over the data."),
    VtbOption(["--max-steps"], type=click.IntRange(1), help="Stop after so many updates, whatever --epochs says."),
    VtbOption(["--learning-rate"], type=Finite(0, min_open=True), default=1e-4, help="Peak learning rate."),
    VtbOption(["--batch-size"], type=click.IntRange(1), default=4, help="Rows per process and step."),
    VtbOption(["--grad-accum"], type=click.IntRange(1), default=1, help="Steps whose gradients make one update."),
    VtbOption(["--lora-rank"], type=click.IntRange(1), default=16, help="Rank of the LoRA matrices."),
    VtbOption(["--lora-alpha"], type=click.IntRange(1), default=32, help="Scale of the LoRA (divided by the rank)."),
    VtbOption(["--max-length"], type=click.IntRange(16), default=4096, help="Longest row in tokens, picture included."),
    VtbOption(["--max-pixels"], type=click.IntRange(1024), default=262_144,
              help="Scale larger pictures down to this many pixels; give the same number to vtb-eval predict."),
    VtbOption(["--merge"], is_flag=True, help="Also write the model with the adapter merged in, under merged/."),
    VtbOption(["--save-steps"], type=click.IntRange(1), default=100, affects_output=False,
              help="Updates between checkpoints; each is copied to the output while training goes on."),
    VtbOption(["--nproc"], type=click.IntRange(1), help="Processes on this machine; one per GPU when left out."),
    VtbOption(["--device"], type=click.Choice(["auto", "cpu", "cuda"]), default="auto", affects_output=False,
              help="Where to train; auto takes the GPUs where there are any."),
    VtbOption(["--deepspeed"], metavar="PRESET|FILE",
              help="DeepSpeed preset (zero0 to zero3, zero2_offload, zero3_offload) or a JSON file; needs a GPU."),
    VtbOption(["--engine-config"], type=click.Path(exists=True, dir_okay=False), affects_output=False,
              help="YAML or JSON file of ms-swift arguments; they win over this command's own."),
    click.Argument(["engine_args"], nargs=-1, type=click.UNPROCESSED),
]  # fmt: skip


@stage_command(STAGE, params=OPTIONS)
def sft(run: Run, model: str, device: str, engine_config: str | None, merge: bool, **how: Any) -> None:
    """Fine-tune a vision-language model on answers, by LoRA or fully.

    Launches ms-swift on a swift-dataset artifact. Everything after -- goes to ms-swift untouched and wins over the
    options here. Checkpoints are copied to the output while training goes on: a run that was cut off continues from
    the newest when the same command runs again, and SIGTERM saves one and exits 75.

    Example: vtb-train-vlm sft --input out/dataset --model out/tiny --output out/adapter -- --warmup_ratio 0.05
    """
    config = Path(engine_config) if engine_config else None
    check_engine_args(how["engine_args"], config)
    dataset_dir, dataset_entry = local_artifact(run.inputs[0], STAGE.reads)
    model_dir, model_entry = local_model(model)
    where = choose_device(device)
    if how["deepspeed"] and where == "cuda":
        require_deepspeed()
    how["nproc"] = how["nproc"] or default_processes(where)
    run.config.update(nproc=how["nproc"], engine_config=file_sha256(config) if config else None)
    kind = "adapter" if how["tuner"] == "lora" else "checkpoint"
    plan = run.plan([dataset_entry, model_entry], kind)
    rows = rows_of(run.inputs[0])
    if not rows["train"]:
        raise BadInput(f"{run.inputs[0]}: has no rows to train on")
    job = make_job(run, plan, dataset_dir, model_dir, bool(rows["val"]), config, how)
    command(job, where)  # refuses what the engine cannot be asked for, before anything is written
    manifest = read_manifest(run.inputs[0], STAGE.reads)
    check_data(job, manifest)
    if run.dry_run:
        run.say_plan(plan, f"trained on {rows['train']} rows on {where}, {how['nproc']} process(es)")
        return
    if not run.overwrite and Output(run.output_uri, plan).state() is State.COMPLETE:
        run.begin(plan)  # says so
        return
    if not is_remote(run.inputs[0]):  # a copy was checked when it was made
        verify(run.inputs[0], manifest, dataset_dir)
    store = open_store(run.output_uri)
    lock_file = cache_folder() / "runs" / f"{place_of(store.uri)}.lock"
    with OutputLock(store, lock_file, main=is_main_node(), clears=run.overwrite) as lock:
        make(run, plan, job, where, lock, merge=merge)


def make(run: Run, plan: Plan, job: SftJob, where: Device, lock: OutputLock, *, merge: bool) -> None:
    """Train and write the artifact, unless that has been done by now."""
    output = run.begin(plan)
    if output is None:
        return
    job = with_fresh_folder(job, output)
    try:
        outcome = already_done(job.resume_from) or train(job, output, where, lock)
    except (BadInput, NotAvailable):
        lock.check()
        forget_without_checkpoint(output)
        raise
    if is_main_node():
        manifest = collect(job, output, outcome, lock, merge=merge)
        remove_all(output.store)
        run.say_done(output, manifest)
    shutil.rmtree(job.output_dir, ignore_errors=True)


def check_data(job: SftJob, manifest: Manifest) -> None:
    """Refuse rows that would have the engine read other files than the dataset's, or more than words in words."""
    known = {file.path for file in manifest.all_files()}
    special = special_tokens(job.model)
    for name in filter(None, (job.train_file, job.val_file)):
        if name not in known:
            raise BadInput(f"{job.dataset_dir}: its manifest has no {name}: make it with `vtb-prepare vlm`")
        check_rows(job.dataset_dir / name, known, special)


def rows_of(uri: str) -> dict[str, int]:
    """Rows per split of a dataset, as prepare has counted them."""
    rows = read_manifest(uri, STAGE.reads).metrics.get("rows")
    if not isinstance(rows, dict) or not all(isinstance(rows.get(split), int) for split in ("train", "val")):
        raise BadInput(f"{uri}: its manifest does not say how many rows there are: make it with `vtb-prepare vlm`")
    return rows


def make_job(
    run: Run, plan: Plan, dataset: Path, model: Path, has_val: bool, config: Path | None, how: dict[str, Any]
) -> SftJob:  # fmt: skip
    """The job; nothing is written yet."""
    # The same training into two outputs at once must not share a folder.
    place = place_of(open_store(run.output_uri).uri)
    tuner: Literal["lora", "full"] = how.pop("tuner")
    deepspeed: str | None = how.pop("deepspeed")
    if deepspeed and Path(deepspeed).is_file():  # the engine does not run in this folder
        deepspeed = str(Path(deepspeed).resolve())
    return SftJob(
        model=model, dataset_dir=dataset, train_file="train_sft.jsonl",
        val_file="val_sft.jsonl" if has_val else None, tuner=tuner, deepspeed=deepspeed, seed=run.seed,
        output_dir=cache_folder() / "runs" / f"{plan.fingerprint[:16]}-{place}",
        save_total_limit=2, resume_from=None, engine_config=config, **how,
    )  # fmt: skip


def place_of(uri: str) -> str:
    """A short name for an output."""
    return hashlib.sha256(uri.encode()).hexdigest()[:16]


def with_fresh_folder(job: SftJob, output: Output) -> SftJob:
    """The job in an empty work folder, with the newest checkpoint from the store where there is one."""
    shutil.rmtree(job.output_dir, ignore_errors=True)
    job.output_dir.mkdir(parents=True)
    resume = fetch_newest(output.store, job.output_dir)
    if resume is not None:
        log.info("continuing from %s", resume.name)
    return replace(job, resume_from=resume)


def forget_without_checkpoint(output: Output) -> None:
    """A run that failed before its first checkpoint leaves nothing, so that it can be repeated with other options."""
    if is_main_node() and not stored_checkpoints(output.store):
        output.clear()
