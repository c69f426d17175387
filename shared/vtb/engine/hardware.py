"""What there is to train on."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from typing import Literal

from vtb.errors import NotAvailable

Device = Literal["cpu", "cuda"]


def gpu_count() -> int:
    """GPUs that this process may use, asked of the driver's own tool: importing torch for it would take seconds."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([name for name in visible.split(",") if name.strip() not in ("", "-1")])
    if shutil.which("nvidia-smi") is None:
        return 0
    result = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=False)
    return len(result.stdout.splitlines()) if result.returncode == 0 else 0


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
    if is_alone():
        return True
    return (os.environ.get("PET_NODE_RANK") or os.environ.get("JOB_COMPLETION_INDEX") or "0") == "0"
