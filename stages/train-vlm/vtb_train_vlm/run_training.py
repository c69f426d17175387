"""One training, whatever the method: from a dataset and a model to an adapter or a checkpoint."""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from vtb.artifact import Manifest, Plan, read_manifest
from vtb.artifact.local import cache_folder, find_model
from vtb.artifact.output import Output
from vtb.artifact.unpacked import PACKED, unpacked_folder
from vtb.engine.checkpoints import fetch_newest, remove_all, stored_checkpoints
from vtb.engine.hardware import Device, choose_device, default_processes, is_main_node, node_suffix, require_deepspeed
from vtb.engine.lock import OutputLock
from vtb.engine.train import already_done, train
from vtb.engine.work_folder import work_folder
from vtb.errors import BadInput, NotAvailable, UsageProblem
from vtb.stage.run import Run, entry_of
from vtb.store import open_store
from vtb_train_vlm.collect import collect
from vtb_train_vlm.job import Job
from vtb_train_vlm.method import Method
from vtb_train_vlm.options import TrainingOptions
from vtb_train_vlm.rows import check_rows, special_tokens
from vtb_train_vlm.swift_command import command, engine_run

log = logging.getLogger("vtb.train")


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
    command(job, where)  # refuses what the engine cannot be asked for, before anything is written
    check_data(job, manifest, method.needs(options))
    if run.dry_run:
        run.say_plan(plan, f"trained on {rows['train']} rows on {where}, {job.nproc} process(es)")
        return
    store = open_store(run.output_uri)
    lock_file = cache_folder() / "runs" / f"{place_of(store.uri)}{node_suffix()}.lock"
    with OutputLock(store, lock_file, main=is_main_node(), clears=run.overwrite) as lock:
        make(run, plan, job, where, lock, method, merge=options.merge)


def make(run: Run, plan: Plan, job: Job, where: Device, lock: OutputLock, method: Method, *, merge: bool) -> None:
    """Train and write the artifact, unless that has been done by now."""
    # With --overwrite the main node clears the output and starts anew, at a moment that the others do not know.
    joins = run.overwrite and not is_main_node()
    output = run.output_of(plan) if joins else run.begin(plan)
    if output is None:
        return
    with work_folder(job.output_dir, partial(bring_checkpoint, output, job.output_dir, anew=joins)) as checkpoint:
        job = replace(job, resume_from=job.output_dir / checkpoint if checkpoint else None)
        if job.val_file and method.evaluated:
            few = first_rows(job.dataset_dir / job.val_file, job.output_dir.resolve(), method.evaluated)
            job = replace(job, val_file=str(few))
        try:
            outcome = already_done(job.resume_from) or train(engine_run(job, where, os.environ), output, lock)
        except (BadInput, NotAvailable, UsageProblem):
            lock.check()
            forget_without_checkpoint(output)
            raise
        if is_main_node():
            manifest = collect(job, method, where, output, outcome, lock, merge=merge)
            remove_all(output.store)
            run.say_done(output, manifest)


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
    # The same training into two outputs at once must not share a folder.
    place = place_of(open_store(run.output_uri).uri)
    deepspeed = options.deepspeed
    if deepspeed and Path(deepspeed).is_file():  # the engine does not run in this folder
        deepspeed = str(Path(deepspeed).resolve())
    return Job(
        entry=method.entry, model=model, dataset_dir=dataset, train_file=f"train_{method.rows}.jsonl",
        val_file=f"val_{method.rows}.jsonl" if rows["val"] else None, deepspeed=deepspeed, seed=run.seed,
        output_dir=cache_folder() / "runs" / f"{plan.fingerprint[:16]}-{place}", nproc=options.nproc or 1,
        save_total_limit=2, resume_from=None, **{name: getattr(options, name) for name in SAME},
    )  # fmt: skip


def first_rows(path: Path, folder: Path, count: int) -> Path:
    """The first rows of a file as a file of their own in the work folder."""
    with path.open(encoding="utf-8") as lines:
        few = folder / path.name
        few.write_text("".join(itertools.islice(lines, count)), encoding="utf-8")
    return few


def place_of(uri: str) -> str:
    """A short name for an output."""
    return hashlib.sha256(uri.encode()).hexdigest()[:16]


def bring_checkpoint(output: Output, folder: Path, *, anew: bool) -> str:
    """The newest checkpoint from the store into the work folder; its name, or nothing where there is none to use."""
    resume = None if anew else fetch_newest(output.store, folder)
    if resume is None:
        return ""
    log.info("continuing from %s", resume.name)
    return resume.name


def forget_without_checkpoint(output: Output) -> None:
    """A run that failed before its first checkpoint leaves nothing, so that it can be repeated with other options."""
    if is_main_node() and not stored_checkpoints(output.store):
        output.clear()
