"""What ``vtb-train-vlm sft`` costs beside the bare engine, in samples a second: both train the same, in turns.

The bare engine is ms-swift in a process of its own with the arguments that our run writes down (``swift.yaml``); only
what a tiny model on a CPU needs is put in its way. Ours watches it, logs each step and copies every checkpoint to the
output. Other work on the machine only ever slows a run down, so the fastest run of each counts.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from vtb.artifact import read_manifest
from vtb.artifact.unpacked import unpacked_folder

ROUNDS, STEPS, BATCH, SAVE = 5, 300, 8, 100
# As our run sets them for the engine; online, it would ask the hub for the base model at every checkpoint.
_SAME = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
_RATE = re.compile(r"train_samples_per_second'?\"?: '?\"?([\d.]+)")
_BARE = """
import sys
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
allow_cpu_torchvision()
from vtb_train_vlm.engine import read_media_ids_from_tokenizer
from swift import pipelines
from swift.cli.main import parse_yaml_args
read_media_ids_from_tokenizer()
words = sys.argv[1:]
parse_yaml_args(words)
pipelines.sft_main(words)
"""


def run(rounds: int = ROUNDS, steps: int = STEPS) -> list[dict[str, Any]]:
    """The overhead in percent."""
    with tempfile.TemporaryDirectory(prefix="vtb-wrapper-") as folder:
        base = Path(folder)
        os.environ.update(_SAME, VTB_CACHE=str(base / "cache"))
        _make(base)
        ours, bare = list[float](), list[float]()
        for number in range(rounds):
            ours.append(_ours(base, base / f"ours-{number}", steps))
            bare.append(_bare(base, base / f"ours-{number}", base / f"bare-{number}"))
    return [
        {
            "name": "wrapper_overhead", "value": round(100 * (1 - max(ours) / max(bare)), 2), "unit": "%", "target": 3,
            "better": "less", "samples_per_s": max(ours), "bare_samples_per_s": max(bare),
            "all": {"ours": ours, "bare": bare},
        }
    ]  # fmt: skip


def _make(base: Path) -> None:
    """A tiny model and puzzles to train it on."""
    for words in (
        ("vtb_train_vlm.cli:main", "tiny-model", base / "model"),
        ("vtb_generate.maze:main", "--count", "64", "--size", "7", "--cell-px", "16", "--output", base / "mazes"),
        ("vtb_curate.cli:main", "--val", "0", "--test", "0", "--input", base / "mazes", "--output", base / "curated"),
        ("vtb_prepare.cli:main", "vlm", "--input", base / "curated", "--output", base / "packed"),
    ):
        _call(*words)
    dataset = unpacked_folder(str(base / "packed"), read_manifest(str(base / "packed"), ("swift-dataset",)))
    (base / "dataset").symlink_to(dataset)


def _ours(base: Path, out: Path, steps: int) -> float:
    said = _call(
        "vtb_train_vlm.cli:main", "sft", "--input", base / "packed", "--model", base / "model", "--output", out,
        "--device", "cpu", "--max-steps", steps, "--batch-size", BATCH, "--save-steps", SAVE, "--log-level", "debug",
    )  # fmt: skip
    return _rate(said)


def _bare(base: Path, ours: Path, out: Path) -> float:
    """The same arguments, read by the engine itself."""
    arguments = (ours / "swift.yaml", "--output_dir", out, "--save_steps", SAVE)
    line = [sys.executable, "-c", _BARE, *map(str, arguments)]
    return _rate(_said(line, base))


def _call(target: str, *words: object) -> str:
    return _said([sys.executable, "-m", "vtb.program", target, *map(str, words)], Path.cwd())


def _said(line: list[str], cwd: Path) -> str:
    done = subprocess.run(line, check=True, capture_output=True, text=True, cwd=cwd)
    return done.stdout + done.stderr


def _rate(said: str) -> float:
    """What the engine itself counts at the end of a training."""
    return float(_RATE.findall(said)[-1])
