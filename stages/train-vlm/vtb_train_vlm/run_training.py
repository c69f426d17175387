"""One training, whatever the method: from a dataset and a model to an adapter or a checkpoint."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from vtb.artifact import Manifest, Plan, read_manifest
from vtb.artifact.local import find_model
from vtb.artifact.unpacked import PACKED, unpacked_folder
from vtb.engine.hardware import Device, choose_device, default_processes, require_deepspeed
from vtb.engine.run_training import Training, work_place
from vtb.engine.run_training import run_training as run_engine_training
from vtb.errors import BadInput, UsageProblem
from vtb.geometry.kind import has_geometry
from vtb.stage.run import Run, entry_of
from vtb_train_vlm.collect import collect
from vtb_train_vlm.job import Job
from vtb_train_vlm.method import Method
from vtb_train_vlm.options import TrainingOptions
from vtb_train_vlm.rows import check_rows, special_tokens
from vtb_train_vlm.swift_command import command, engine_run


def run_training(run: Run, options: TrainingOptions, method: Method) -> None:
    """Train and write the artifact, or say what would be done."""
    uri = run.inputs[0]
    manifest, model = read_manifest(uri, method.stage.reads), find_model(options.model)
    where = choose_device(options.device)
    if options.deepspeed and where == "cuda":
        require_deepspeed()
    options = replace(options, nproc=options.nproc or default_processes(where))
    arguments = method.arguments(options, where)  # refuses what the hardware cannot do
    plan = run.plan(options, [entry_of(uri, manifest), model.entry])
    if run.already_done(plan):
        return
    rows = rows_of(uri, manifest)
    job = make_job(run, plan, unpacked_folder(uri, manifest), model.folder(), rows, options, method)
    job = replace(job, method=arguments)
    if has_geometry(job.model):
        raise UsageProblem(
            f"{job.model}: looks at geometry, which ms-swift cannot train: take `vtb-train-vlm geometry`"
        )
    command(job, where)  # refuses what the engine cannot be asked for, before anything is written
    check_data(job, manifest, method.needs(options))
    if run.dry_run:
        run.say_plan(plan, f"trained on {rows['train']} rows on {where}, {job.nproc} process(es)")
        return
    run_engine_training(run, plan, job.output_dir, partial(start, job, where, method, merge=options.merge))


def start(job: Job, where: Device, method: Method, checkpoint: Path | None, *, merge: bool) -> Training:
    """The training that goes on from a checkpoint, or begins."""
    job = replace(job, resume_from=checkpoint)
    if job.val_file and method.evaluated:
        few = first_rows(job.dataset_dir / job.val_file, job.output_dir.resolve(), method.evaluated)
        job = replace(job, val_file=str(few))
    return Training(engine_run(job, where, os.environ), partial(collect, job, method, where, merge=merge))


def check_data(job: Job, manifest: Manifest, needs: tuple[str, ...]) -> None:
    """Refuse rows that would have the engine read other files than the dataset's, or more than words in words."""
    known = {file.path for file in manifest.all_files()}
    if any(PACKED.fullmatch(path) for path in known):  # then it is a copy of ours, with the media as files
        known |= {path.relative_to(job.dataset_dir).as_posix() for path in job.dataset_dir.rglob("*")}
    special = special_tokens(job.model)
    for name in filter(None, (job.train_file, job.val_file)):
        if name not in known:
            raise BadInput(f"{job.dataset_dir}: its manifest has no {name}: make it with `vtb-prepare vlm`")
        check_rows(job.dataset_dir / name, known, special, needs)


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


def make_job(
    run: Run, plan: Plan, dataset: Path, model: Path, rows: Mapping[str, int], options: TrainingOptions, method: Method
) -> Job:
    """The job; nothing is written yet."""
    deepspeed = options.deepspeed
    if deepspeed and Path(deepspeed).is_file():  # the engine does not run in this folder
        deepspeed = str(Path(deepspeed).resolve())
    return Job(
        entry=method.entry, model=model, dataset_dir=dataset, train_file=f"train_{method.rows}.jsonl",
        val_file=f"val_{method.rows}.jsonl" if rows["val"] else None, deepspeed=deepspeed, seed=run.seed,
        output_dir=work_place(run, plan), nproc=options.nproc or 1,
        save_total_limit=2, resume_from=None, **{name: getattr(options, name) for name in SAME},
    )  # fmt: skip


def first_rows(path: Path, folder: Path, count: int) -> Path:
    """The first rows of a file as a file of their own in the work folder."""
    with path.open(encoding="utf-8") as lines:
        few = folder / path.name
        few.write_text("".join(itertools.islice(lines, count)), encoding="utf-8")
    return few
