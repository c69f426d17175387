"""How an engine process starts: alone or under torchrun, offline, and with the files by which the stage talks to it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import vtb

Device = Literal["cpu", "cuda"]

# Names the file whose appearance asks the engine to save and stop.
STOP_FILE = "VTB_STOP_FILE"
# Names the file that the engine appends a JSON line to for every logged step.
TRAIN_LOG = "VTB_TRAIN_LOG"

# Set by clusters for a launcher of their own; the engine would take itself for one of several processes.
_RANKS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "NPROC_PER_NODE", "NNODES")


def launcher(module: str, nproc: int, env: Mapping[str, str]) -> list[str]:
    """Returns the start of an engine command: python alone, or torchrun for several processes or nodes.

    Args:
        module: what ``python -m`` runs.
        nproc: processes on this machine.
        env: environment that says how many nodes and processes there are.

    torchrun itself reads ``PET_NNODES``, ``PET_NODE_RANK``, ``PET_MASTER_ADDR`` and ``PET_MASTER_PORT``.
    ``PET_NPROC_PER_NODE`` wins over ``nproc``, since the cluster that sets it knows what the pod was given.
    """
    engine = ["-m", module]
    processes = env.get("PET_NPROC_PER_NODE") or str(nproc)
    several = _several_nodes(env)
    if processes == "1" and not several:
        return [sys.executable, *engine]
    # On one node, meet on a free port, so that two runs on a machine stay apart.
    meeting = [] if several else ["--nnodes", "1", "--standalone"]
    return [sys.executable, "-m", "torch.distributed.run", *meeting, "--nproc_per_node", processes, *engine]


def engine_environment(module: str, base: Mapping[str, str], output_dir: Path, device: Device) -> dict[str, str]:
    """Returns ``base`` with what every run of an engine module needs set."""
    env = {name: value for name, value in base.items() if name not in _RANKS}
    if _several_nodes(env) and "PET_NODE_RANK" not in env and "JOB_COMPLETION_INDEX" in env:
        env["PET_NODE_RANK"] = env["JOB_COMPLETION_INDEX"]
    if device == "cpu":
        env["CUDA_VISIBLE_DEVICES"] = ""
    for name, folder in _caches(output_dir).items():
        env.setdefault(name, folder)
    return env | {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        # vLLM tells its makers of every run otherwise.
        "VLLM_NO_USAGE_STATS": "1",
        "PYTHONPATH": _source_roots(module, env.get("PYTHONPATH")),
        # Keeps what lies in the working folder from being imported.
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        # The order of sets of names enters what engines write: patterns of module names, for one.
        "PYTHONHASHSEED": "0",
        "TOKENIZERS_PARALLELISM": "false",
        STOP_FILE: str(stop_file(output_dir)),
        TRAIN_LOG: str(train_log(output_dir)),
    }


def stop_file(output_dir: Path) -> Path:
    """Returns the file that asks the engine to stop; one node that sees it stops all."""
    return output_dir.resolve() / ".stop"


def train_log(output_dir: Path) -> Path:
    """Returns the engine's log of steps."""
    return output_dir.resolve() / "train_log.jsonl"


def completions_file(output_dir: Path) -> Path:
    """Returns what a model wrote when it was evaluated, where its engine keeps that."""
    return output_dir.resolve() / "evaluated_completions.jsonl"  # ms-swift itself writes a completions.jsonl there


def strips_folder(output_dir: Path) -> Path:
    """Returns where the pictures lie that a model drew when it was evaluated, a file for each evaluation."""
    return output_dir.resolve() / "strips"


def _several_nodes(env: Mapping[str, str]) -> bool:
    return (env.get("PET_NNODES") or "1") not in ("1", "1:1")


def _caches(output_dir: Path) -> dict[str, str]:
    """Keeps the engines out of the home folder, which a container's user need not have, and out of /tmp."""
    cache = output_dir.resolve() / ".cache"
    # PET_LOG_DIR: torchrun makes an empty folder of its own in /tmp for each run otherwise, and leaves it there.
    names = ("HF_HOME", "HF_DATASETS_CACHE", "MODELSCOPE_CACHE", "PET_LOG_DIR")
    return {name: str(cache / name.lower()) for name in names}


def _source_roots(module: str, inherited: str | None) -> str:
    """Puts this code on the child's path wherever it was imported from."""
    packages = (vtb.__file__, sys.modules[module.partition(".")[0]].__file__)
    roots = dict.fromkeys(str(Path(str(file)).resolve().parents[1]) for file in packages)
    return ":".join([*roots, *([inherited] if inherited else [])])
