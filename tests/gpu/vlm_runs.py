"""Trainings of a vision-language model on GPUs, by our own commands: speed, memory, and whether that grows.

Run it on a machine that does nothing else, with a model folder::

    python tests/gpu/vlm_runs.py /models/Qwen3-VL-2B-Instruct runs                        # every way, 20 updates each
    python tests/gpu/vlm_runs.py /models/Qwen3-VL-2B-Instruct runs --only sft --steps 3000 # does memory grow?

What is trained on is eyeballing puzzles. One line of JSON a way: seconds of an update, the reward of ``grpo`` at first
and at last, what was proved of the weights, and the memory of the host and of each GPU after a tenth of the updates and
at the end, looked at every two seconds. A way that this machine cannot go (no DeepSpeed, no vLLM, one GPU for a server)
says why in its line.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

PROGRAMS = Path(sys.executable).parent
BATCH = ("--batch-size", 8, "--max-completion-length", 64)
ONE_GPU = ("--vllm-tensor-parallel", 1)
# Each way by its name: the command and its options; bfloat16 is what all of them compute in on a GPU.
WAYS: dict[str, tuple[str, tuple[object, ...]]] = {
    "sft": ("sft", ("--batch-size", 8)),
    "sft, full": ("sft", ("--batch-size", 8, "--tuner", "full")),
    "sft, ZeRO-2": ("sft", ("--batch-size", 8, "--tuner", "full", "--deepspeed", "zero2")),
    "sft, ZeRO-3": ("sft", ("--batch-size", 8, "--tuner", "full", "--deepspeed", "zero3")),
    "grpo, transformers": ("grpo", (*BATCH, "--rollout", "transformers")),
    "grpo, colocate": ("grpo", (*BATCH, "--rollout", "colocate", *ONE_GPU)),
    "grpo, colocate, ZeRO-2": ("grpo", (*BATCH, "--rollout", "colocate", *ONE_GPU, "--deepspeed", "zero2")),
    "grpo, colocate, ZeRO-3": ("grpo", (*BATCH, "--rollout", "colocate", *ONE_GPU, "--deepspeed", "zero3")),
    "grpo, server": ("grpo", (*BATCH, "--rollout", "server")),
}
EVERY_S = 2.0
PROOF = ("steps", "lora_b_max", "weights_diff_max", "loss_first", "loss_last", "reward_first", "reward_last")
_DONE = re.compile(r" steps: (\d+)/")


class Memory:
    """What a process and its children hold, in MiB, seen again and again: of the host, and of each GPU."""

    def __init__(self, root: int) -> None:
        """Begins to look at once."""
        self.seen, self._root, self._end = list[tuple[float, list[float]]](), root, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.wait(EVERY_S):
            self.seen.append((time.monotonic(), [_host(self._root), *_gpus()]))

    def at(self, moment: float) -> list[float]:
        """The last that was seen by then."""
        return next((held for when, held in reversed(self.seen) if when <= moment), [])

    def end(self) -> None:
        """Looks no more."""
        self._end.set()
        self._thread.join()


def _host(root: int) -> float:
    import psutil

    try:
        every = [psutil.Process(root), *psutil.Process(root).children(recursive=True)]
        return float(sum(one.memory_info().rss for one in every)) / 2**20
    except psutil.Error:
        return 0.0


def _gpus() -> list[float]:
    words = ("nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits")
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError:
        return []
    return [float(line) for line in done.stdout.split()] if done.returncode == 0 else []


def make_dataset(folder: Path) -> Path:
    """Eyeballing puzzles, curated and prepared; what is there stays."""
    made = {name: folder / name for name in ("puzzles", "curated", "dataset")}
    call("vtb-gen-eyeballing", "--count", 40, "--preview", 0, "--output", made["puzzles"])
    call("vtb-curate", "--input", made["puzzles"], "--val", 0.02, "--test", 0, "--output", made["curated"])
    call("vtb-prepare", "vlm", "--input", made["curated"], "--output", made["dataset"])
    return made["dataset"]


def call(program: str, *words: object) -> None:
    """Run a command of ours; its lines go to standard error."""
    subprocess.run([str(PROGRAMS / program), *map(str, words)], check=True, stdout=sys.stderr)


def run_way(name: str, dataset: Path, model: Path, output: Path, steps: int, more: Sequence[object]) -> dict[str, Any]:
    """The figures of one way, or why it cannot be gone here."""
    command, options = WAYS[name]
    read = ("--input", dataset, "--model", model, "--output", output, "--max-steps", steps, "--overwrite")
    line = [str(PROGRAMS / "vtb-train-vlm"), command, *map(str, (*read, *options, *more))]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        memory = Memory(process.pid)
        told, last = _follow(process)
    memory.end()
    if process.returncode:
        return {"way": name, "exit_code": process.returncode, "said": last}
    return {"way": name, **figures(output, told), **growth(memory, told)}


def _follow(process: subprocess.Popen[str]) -> tuple[list[tuple[int, float]], str]:
    """How many updates were told to be done, and when; and the last line."""
    told, last = list[tuple[int, float]](), ""
    assert process.stderr is not None
    for line in process.stderr:
        sys.stderr.write(line)
        last = line.strip() or last
        if found := _DONE.search(line):
            told.append((int(found[1]), time.monotonic()))
    return told, last


def figures(output: Path, told: Sequence[tuple[int, float]]) -> dict[str, Any]:
    """What the run itself has written down, and the seconds between the updates that it told of."""
    from vtb.artifact import read_manifest

    metrics = read_manifest(str(output)).metrics
    found = {name: metrics[name] for name in PROOF if name in metrics}
    (first, began), (last, ended) = (told[0], told[-1]) if told else ((0, 0.0), (0, 0.0))
    return {**found, **({"seconds_an_update": round((ended - began) / (last - first), 3)} if last > first else {})}


def growth(memory: Memory, told: Sequence[tuple[int, float]]) -> dict[str, Any]:
    """MiB of the host and of each GPU after a tenth of the updates that were told of, and at the last."""
    if not told:
        return {}
    early, late = told[len(told) // 10][1], told[-1][1]
    return {"early_mib": [*map(round, memory.at(early))], "late_mib": [*map(round, memory.at(late))]}


def with_server(model: Path, go: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """With a vLLM server on the last GPU of this machine."""
    count = len(_gpus())
    if count < 2:
        return {"way": "grpo, server", "said": f"needs two GPUs, and there are {count}"}
    line = [str(PROGRAMS / "vtb-train-vlm"), "rollout", "--model", str(model)]
    server = subprocess.Popen(line, env={**os.environ, "CUDA_VISIBLE_DEVICES": str(count - 1)}, stdout=sys.stderr)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, range(count - 1)))
    try:
        return go()  # the engine waits for its server
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--only", action="append", choices=sorted(WAYS))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--more", action="append", default=[], help="further words for the command, one each")
    said = parser.parse_args()
    dataset = make_dataset(said.output)
    for name in said.only or WAYS:
        place = said.output / name.replace(", ", "-")
        go = partial(run_way, name, dataset, said.model, place, said.steps, said.more)
        print(json.dumps(with_server(said.model, go) if name == "grpo, server" else go()), flush=True)


if __name__ == "__main__":
    main()
