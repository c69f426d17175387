"""``vtb-train-vlm sft``: supervised fine-tuning through ms-swift."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from vtb.artifact import Manifest, Plan, read_manifest
from vtb.artifact.local import cache_folder, find_model
from vtb.artifact.output import Output, file_sha256
from vtb.artifact.unpacked import PACKED, unpacked_folder
from vtb.engine.checkpoints import fetch_newest, remove_all, stored_checkpoints
from vtb.engine.hardware import Device, choose_device, default_processes, is_main_node, node_suffix, require_deepspeed
from vtb.engine.lock import OutputLock
from vtb.engine.work_folder import work_folder
from vtb.errors import BadInput, NotAvailable, UsageProblem
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run, entry_of
from vtb.store import open_store
from vtb_train_vlm.collect import collect
from vtb_train_vlm.engine_options import check_engine_args
from vtb_train_vlm.rows import check_rows, special_tokens
from vtb_train_vlm.swift_command import SftJob, command
from vtb_train_vlm.training import already_done, train

log = logging.getLogger("vtb.train")
MODEL, TRAINING, ENGINE = "The model", "Training", "The engine"  # headings of the help

STAGE = Stage(
    command="vtb-train-vlm sft",
    summary="Fine-tune a vision-language model on answers, by LoRA or fully.",
    version=3,
    image="vtb/train-vlm",
    reads=("swift-dataset",),
    writes=("adapter", "checkpoint"),
    kind_option=("tuner", {"lora": "adapter", "full": "checkpoint"}),
    resources=Resources(cpu="8", memory="64Gi", gpu=1, disk="100Gi", shared_memory="16Gi"),
    credentials=("HF_TOKEN", "WANDB_API_KEY"),  # the engine may report elsewhere: -- --report_to wandb
    gang=True,
    model_cache=True,
    grace_s=600,
)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    model: str = option(
        metavar="PATH|URI", affects_output=False, artifact=("checkpoint",), group=MODEL,
        help="The model to start from: a local folder with its files, or a checkpoint artifact.",
    )  # fmt: skip
    tuner: Literal["lora", "full"] = option(
        "lora", group=MODEL, help="lora writes an adapter, full a whole model (a checkpoint artifact)."
    )
    lora_rank: int = option(16, low=1, group=MODEL, help="Rank of the LoRA matrices.")
    lora_alpha: int = option(32, low=1, group=MODEL, help="Scale of the LoRA (divided by the rank).")
    merge: bool = option(False, group=MODEL, help="Also write the model with the adapter merged in, under merged/.")
    epochs: float = option(1.0, low=0, above=True, group=TRAINING, help="Passes over the data.")
    max_steps: int | None = option(
        None, low=1, group=TRAINING, help="Stop after so many updates, whatever --epochs says."
    )
    learning_rate: float = option(1e-4, low=0, above=True, group=TRAINING, help="Peak learning rate.")
    batch_size: int = option(4, low=1, group=TRAINING, help="Rows per process and step.")
    grad_accum: int = option(1, low=1, group=TRAINING, help="Steps whose gradients make one update.")
    max_length: int = option(4096, low=16, group=TRAINING, help="Longest row in tokens, picture included.")
    max_pixels: int = option(
        262_144, low=1024, group=TRAINING,
        help="Scale larger pictures down to this many pixels; give the same number to vtb-eval predict.",
    )  # fmt: skip
    save_steps: int = option(
        100, low=1, affects_output=False, group=ENGINE,
        help="Updates between checkpoints; each is copied to the output while training goes on.",
    )  # fmt: skip
    nproc: int | None = option(None, low=1, group=ENGINE, help="Processes on this machine; one per GPU when left out.")
    device: Literal["auto", "cpu", "cuda"] = option(
        "auto", affects_output=False, group=ENGINE, help="Where to train; auto takes the GPUs where there are any."
    )
    deepspeed: str | None = option(
        None, metavar="PRESET|FILE", group=ENGINE,
        help="DeepSpeed preset (zero0 to zero3, zero2_offload, zero3_offload) or a JSON file; needs a GPU.",
    )  # fmt: skip
    # Its content is recorded, not its place.
    engine_config: Path | None = option(
        None, file=True, existing=True, affects_output=False, group=ENGINE,
        help="YAML or JSON file of ms-swift arguments; they win over this command's own.",
    )  # fmt: skip
    engine_args: tuple[str, ...] = option((), remainder=True)

    def __post_init__(self) -> None:
        """Engine arguments are looked at before any input is, so that a pipeline tells of them before it starts."""
        check_engine_args(self.engine_args, self.engine_config)

    def recorded(self) -> dict[str, Any]:
        """With the content of the engine's configuration file."""
        content = file_sha256(self.engine_config) if self.engine_config else None
        return {**super().recorded(), "engine_config": content}


@stage_command(STAGE, Options)
def sft(run: Run, options: Options) -> None:
    """Fine-tune a vision-language model on answers, by LoRA or fully.

    Launches ms-swift on a swift-dataset artifact. Everything after -- goes to ms-swift untouched and wins over the
    options here. Checkpoints are copied to the output while training goes on: a run that was cut off continues from
    the newest when the same command runs again, and SIGTERM saves one and exits 75.

    Example: vtb-train-vlm sft --input out/dataset --model out/tiny --output out/adapter -- --warmup_ratio 0.05
    """
    uri = run.inputs[0]
    manifest, model = read_manifest(uri, STAGE.reads), find_model(options.model)
    where = choose_device(options.device)
    if options.deepspeed and where == "cuda":
        require_deepspeed()
    options = replace(options, nproc=options.nproc or default_processes(where))
    plan = run.plan(options, [entry_of(uri, manifest), model.entry])
    if run.already_done(plan):
        return
    rows = rows_of(uri, manifest)
    job = make_job(run, plan, unpacked_folder(uri, manifest), model.folder(), bool(rows["val"]), options)
    command(job, where)  # refuses what the engine cannot be asked for, before anything is written
    check_data(job, manifest)
    if run.dry_run:
        run.say_plan(plan, f"trained on {rows['train']} rows on {where}, {job.nproc} process(es)")
        return
    store = open_store(run.output_uri)
    lock_file = cache_folder() / "runs" / f"{place_of(store.uri)}{node_suffix()}.lock"
    with OutputLock(store, lock_file, main=is_main_node(), clears=run.overwrite) as lock:
        make(run, plan, job, where, lock, merge=options.merge)


def make(run: Run, plan: Plan, job: SftJob, where: Device, lock: OutputLock, *, merge: bool) -> None:
    """Train and write the artifact, unless that has been done by now."""
    output = run.begin(plan)
    if output is None:
        return
    with work_folder(job.output_dir, partial(bring_checkpoint, output, job.output_dir)) as checkpoint:
        job = replace(job, resume_from=job.output_dir / checkpoint if checkpoint else None)
        try:
            outcome = already_done(job.resume_from) or train(job, output, where, lock)
        except (BadInput, NotAvailable, UsageProblem):
            lock.check()
            forget_without_checkpoint(output)
            raise
        if is_main_node():
            manifest = collect(job, output, outcome, lock, merge=merge)
            remove_all(output.store)
            run.say_done(output, manifest)


def check_data(job: SftJob, manifest: Manifest) -> None:
    """Refuse rows that would have the engine read other files than the dataset's, or more than words in words."""
    known = {file.path for file in manifest.all_files()}
    if any(PACKED.fullmatch(path) for path in known):  # then it is a copy of ours, with the media as files
        known |= {path.relative_to(job.dataset_dir).as_posix() for path in job.dataset_dir.rglob("*")}
    special = special_tokens(job.model)
    for name in filter(None, (job.train_file, job.val_file)):
        if name not in known:
            raise BadInput(f"{job.dataset_dir}: its manifest has no {name}: make it with `vtb-prepare vlm`")
        check_rows(job.dataset_dir / name, known, special)


def rows_of(uri: str, manifest: Manifest) -> dict[str, int]:
    """Rows per split of a dataset, as prepare has counted them; refused where there are none to train on."""
    rows = manifest.metrics.get("rows")
    if not isinstance(rows, dict) or not all(isinstance(rows.get(split), int) for split in ("train", "val")):
        raise BadInput(f"{uri}: its manifest does not say how many rows there are: make it with `vtb-prepare vlm`")
    if not rows["train"]:
        raise BadInput(f"{uri}: has no rows to train on")
    return rows


# The options that a job has by the same names.
SAME = (
    "tuner", "lora_rank", "lora_alpha", "epochs", "max_steps", "learning_rate", "batch_size", "grad_accum",
    "max_length", "max_pixels", "save_steps", "engine_args", "engine_config",
)  # fmt: skip


def make_job(run: Run, plan: Plan, dataset: Path, model: Path, has_val: bool, options: Options) -> SftJob:
    """The job; nothing is written yet."""
    # The same training into two outputs at once must not share a folder.
    place = place_of(open_store(run.output_uri).uri)
    deepspeed = options.deepspeed
    if deepspeed and Path(deepspeed).is_file():  # the engine does not run in this folder
        deepspeed = str(Path(deepspeed).resolve())
    return SftJob(
        model=model, dataset_dir=dataset, train_file="train_sft.jsonl",
        val_file="val_sft.jsonl" if has_val else None, deepspeed=deepspeed, seed=run.seed,
        output_dir=cache_folder() / "runs" / f"{plan.fingerprint[:16]}-{place}", nproc=options.nproc or 1,
        save_total_limit=2, resume_from=None, **{name: getattr(options, name) for name in SAME},
    )  # fmt: skip


def place_of(uri: str) -> str:
    """A short name for an output."""
    return hashlib.sha256(uri.encode()).hexdigest()[:16]


def bring_checkpoint(output: Output, folder: Path) -> str:
    """The newest checkpoint from the store into the work folder; its name, or nothing where there is none."""
    resume = fetch_newest(output.store, folder)
    if resume is None:
        return ""
    log.info("continuing from %s", resume.name)
    return resume.name


def forget_without_checkpoint(output: Output) -> None:
    """A run that failed before its first checkpoint leaves nothing, so that it can be repeated with other options."""
    if is_main_node() and not stored_checkpoints(output.store):
        output.clear()
