"""What there is to train on."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Literal

from vtb.errors import NotAvailable

Device = Literal["cpu", "cuda"]
DEVICES = Path("/dev")


def gpu_count() -> int:
    """GPUs, or slices of one (MIG), that this process may use; importing torch to count them would take seconds."""
    there = _driver_count()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return there
    return min(there, len([name for name in visible.split(",") if name.strip() not in ("", "-1")]))


def _driver_count() -> int:
    """What the driver's own tool lists; a container that got the devices without the tool shows their files."""
    if shutil.which("nvidia-smi") is None:
        return len(list(DEVICES.glob("nvidia[0-9]*")))
    result = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=False)
    lines = result.stdout.splitlines() if result.returncode == 0 else []
    slices = [line for line in lines if line.lstrip().startswith("MIG ")]
    return len(slices or lines)


def choose_device(wanted: str) -> Device:
    """The device to train on.

    Raises:
        NotAvailable: a GPU was asked for and there is none.
    """
    if wanted == "cpu":
        return "cpu"
    if gpu_count() > 0:
        return "cuda"
    if wanted == "cuda":
        raise NotAvailable("--device cuda: this machine has no usable NVIDIA GPU: take --device cpu, or a GPU machine")
    return "cpu"


def default_processes(device: Device) -> int:
    """One per GPU; with fewer, the engine would cut one model across them."""
    return gpu_count() if device == "cuda" else 1


def require_deepspeed() -> None:
    """Refuse before the engine starts, whose own message comes after a minute of imports."""
    if importlib.util.find_spec("deepspeed") is None:
        raise NotAvailable("--deepspeed needs the package deepspeed: pip install 'vtb-train[deepspeed]'")


def is_alone() -> bool:
    """Whether no other nodes take part."""
    return (os.environ.get("PET_NNODES") or "1") in ("1", "1:1")


def is_main_node() -> bool:
    """Whether this node writes the artifact, of the nodes that train together."""
    return node_suffix() == ""


def node_suffix() -> str:
    """What tells the files of this node from those of others in one folder; nothing on the main node."""
    number = os.environ.get("PET_NODE_RANK") or os.environ.get("JOB_COMPLETION_INDEX") or "0"
    return "" if is_alone() or number == "0" else f"-node{number}"
