"""What the tests of the stage share: the commands, the processes behind them, and what they leave."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from contract.command_line import Result, call, killed_at_the_end, start
from vtb.artifact import read_manifest
from vtb.engine.train import EngineRun
from vtb.store import open_store
from vtb_train_vlm.swift_command import unknown_argument

# A small model on a busy machine: more threads only wait for each other.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
PATIENCE_S = 120
SECRETS = {
    "HF_TOKEN": "hf_" + secrets.token_hex(12),
    "WANDB_API_KEY": secrets.token_hex(12),
    "AWS_SECRET_ACCESS_KEY": secrets.token_hex(12),
    "AWS_ACCESS_KEY_ID": secrets.token_hex(8),
}
# A run of the engine, where only its end is looked at.
A_RUN = EngineRun("ms-swift", (), {}, Path(), Path(), "--batch-size", unknown_argument)
OPTIONS = ("--device", "cpu", "--learning-rate", "0.01", "--batch-size", "8", "--workers", "1")


def make_dataset(place: str, scratch: Path) -> str:
    """Mazes, curated and prepared by the real commands: 13 rows to train on, 4 for validation."""
    mazes, curated, dataset = str(scratch / "mazes"), str(scratch / "curated"), f"{place}/dataset"
    count = ("--size", "7", "--count", "24", "--endpoints", "random", "--cell-px", "16")
    for words in (
        ("vtb-gen-maze", *count, "--workers", "1", "--output", mazes),
        ("vtb-curate", "--input", mazes, "--val", "0.15", "--test", "0.3", "--workers", "1", "--output", curated),
        ("vtb-prepare", "vlm", "--input", curated, "--workers", "1", "--output", dataset),
    ):
        done = call(*words)
        assert done.code == 0, done.err
    return dataset


@dataclass(frozen=True)
class Place:
    """Where the runs of this file read and write, and their environment."""

    dataset: str
    model: str
    out: Path
    env: dict[str, str]

    @property
    def curated(self) -> Path:
        return self.out / "curated"

    def sft(self, output: object, *more: object) -> tuple[Any, ...]:
        """The words of a training command."""
        read = ("--input", self.dataset, "--model", self.model)
        return ("vtb-train-vlm", "sft", *read, "--output", output, *OPTIONS, *more)


def wait_for(what: str, happened: Callable[[], Any], process: subprocess.Popen[str]) -> Any:
    """Wait until something has happened in a run, and return it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := happened()):
        assert process.poll() is None, f"ended with {process.returncode} before: {what}"
        assert time.monotonic() < deadline, f"did not happen: {what}"
        time.sleep(0.05)
    return found


def kill_tree(process: subprocess.Popen[str]) -> None:
    """kill -9 of a command and of everything that it started, in sessions of their own or not."""
    root = psutil.Process(process.pid)
    for member in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()


def marked(uri: str) -> list[int]:
    """The steps of the whole checkpoints that are in the store."""
    keys = [info.key.split("/") for info in open_store(uri).list("checkpoints/")]
    return sorted(int(key[1].rpartition("-")[2]) for key in keys if key[-1] == ".complete")


def log_rows(uri: str) -> list[dict[str, Any]]:
    """The training log of an artifact."""
    return [json.loads(line) for line in open_store(uri).get_bytes("log.jsonl").decode().splitlines()]


def losses(uri: str) -> list[float]:
    """The loss of each step."""
    return [row["loss"] for row in log_rows(uri) if "loss" in row]


def metrics(uri: str) -> dict[str, Any]:
    """The figures in the manifest."""
    return dict(read_manifest(uri).metrics)


def payload(folder: Path) -> dict[str, bytes]:
    """Every file of an artifact but those that say by design where its inputs were."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in ("manifest.json", "plan.json")}


def no_engine(*_arguments: object, **_more: object) -> int:
    """In place of the engine where none may start."""
    raise AssertionError("an engine was started")


def patiently(*words: Any, env: dict[str, str]) -> Result:
    """A training command in a process of its own, on a machine that may be busy."""
    with killed_at_the_end(start(*words, env=env)) as process:
        out, err = process.communicate(timeout=400)
        return Result(process.returncode, out, err)
