"""How to repeat a run with the engine alone: its arguments as the YAML file that ``swift sft|rlhf FILE`` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from vtb.engine.hardware import Device
from vtb_train_vlm.engine_options import read_config
from vtb_train_vlm.job import Job
from vtb_train_vlm.swift_command import engine_arguments, limits_of_pictures

FILE, PLUGIN = "swift.yaml", "vtb_rewards.py"
# Places on the machine of the run, and where they are to be when it is repeated.
_PLACES = {"model": "model", "output_dir": "output"}
# What changes no weight: another run may have said it otherwise, and its file must be the same.
_OF_ONE_RUN = ("resume_from_checkpoint", "callbacks", "save_steps", "save_total_limit")
_REWARDS = """\
# The rewards of this run, for ms-swift: pip install vtb-train
from vtb.rewards.engines import register_swift

register_swift()
"""


def write_repeat(job: Job, device: Device, weights: Path) -> None:
    """Writes ``swift.yaml``, and for rewards the plug-in that it names, into the artifact's folder.

    The model is to lie in ``model`` beside it and the dataset, its pictures unpacked, in ``dataset``.
    """
    rewarded = job.entry == "rlhf"
    arguments = {name: _value(values) for name, values in engine_arguments(job, device).items() if values is not None}
    places = {**_PLACES, "dataset": f"dataset/{job.train_file}"}
    if job.val_file:
        places["val_dataset"] = f"dataset/{Path(job.val_file).name}"
    if rewarded:
        places["external_plugins"] = PLUGIN
        (weights / PLUGIN).write_text(_REWARDS, encoding="utf-8")
    kept = {name: value for name, value in {**arguments, **places}.items() if name not in _OF_ONE_RUN}
    limits = {name: int(value) for name, value in limits_of_pictures(job.model, job.max_pixels).items()}
    variables = {"ROOT_IMAGE_DIR": "dataset", **limits, **read_config(job.engine_config)[1]}
    if "/" in str(kept.get("deepspeed", "")):
        kept["deepspeed"] = Path(str(kept["deepspeed"])).name
    several = f"NPROC_PER_NODE={job.nproc} " if job.nproc > 1 else ""
    text = f"# {several}swift {job.entry} {FILE}\n" + yaml.safe_dump({"ENV": variables, **kept}, width=120)
    (weights / FILE).write_text(text, encoding="utf-8")


def _value(values: list[str]) -> Any:
    """A list of one is the one; numbers and truth values as YAML has them."""
    read = [yaml.safe_load(value) if value[:1] not in "[{" else value for value in values]
    plain = [one if isinstance(one, (bool, int, float)) else value for one, value in zip(read, values, strict=True)]
    return plain[0] if len(plain) == 1 else plain
