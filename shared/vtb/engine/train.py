"""One run of the engine: watched, stoppable, with its checkpoints carried to the store."""

from __future__ import annotations

import json
import logging
import math
import os
import re
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.artifact.output import Output
from vtb.engine.checkpoints import CheckpointPusher
from vtb.engine.curves import read_log, read_outcome
from vtb.engine.hardware import is_alone, is_main_node, node_suffix
from vtb.engine.launch import train_log
from vtb.engine.lock import OutputLock
from vtb.engine.watch import run_engine
from vtb.errors import BadInput, NotAvailable, TryAgain, UsageProblem
from vtb.progress import Progress

log = logging.getLogger("vtb.train")
engine_log = logging.getLogger("vtb.engine")
# Kubernetes gives 30 s by default between SIGTERM and SIGKILL; the upload of the checkpoint needs its share.
GRACE_S = 600.0
_TAIL = 200
_ERROR = re.compile(r"^(?:\[rank\d+\]: ?)?((?:\w+\.)*\w*(?:Error|Exception|Interrupt)\b.*)$")

# What torch says on a node whose peers are gone: gloo, NCCL, and the store by which they meet.
_LOST = re.compile(
    r"Connection (?:closed|reset) by peer|Connection refused|Broken pipe|remote process exited|NCCL Error|"
    r"ncclRemoteError|DistNetworkError|DistStoreError|RendezvousTimeoutError|RendezvousConnectionError|"
    r"[Tt]imed out (?:after )?waiting"
)

# What torch and Python say where a machine has no memory left, and torchrun where its kernel ended a process for that.
_NO_MEMORY = re.compile(r"can't allocate memory|^(?:\[rank\d+\]: ?)?MemoryError", re.MULTILINE)
_KILLED = re.compile(r"Root Cause.*\(SIGKILL\)", re.DOTALL)


@dataclass(frozen=True)
class EngineRun:
    """One run of an engine.

    Attributes:
        engine: its name, for messages.
        command: what to run.
        env: its whole environment.
        cwd: where to run it.
        output_dir: where it writes, and where its log is kept.
        smaller: options by which it needs less memory, for messages.
        explain: from the errors that it printed to a better error than that it failed, where there is one.
    """

    engine: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    output_dir: Path
    smaller: str
    explain: Callable[[Sequence[str]], Exception | None]


def train(job: EngineRun, output: Output, lock: OutputLock) -> dict[str, Any]:
    """Run the engine to its end and return how it ended.

    Raises:
        TryAgain: stopped from outside, with a checkpoint in the store; another run has taken the output over; or a node
            of several is gone.
        NotAvailable: out of memory.
        BadInput: the engine failed; its last error and the place of its whole log are in the message.
    """
    pusher = CheckpointPusher(output.store, job.output_dir)
    tail: deque[str] = deque(maxlen=_TAIL)
    path = job.output_dir / f"engine{node_suffix()}.log"
    with stop_on_signal() as stop, path.open("w", encoding="utf-8") as file, progress_of(job.output_dir) as progress:

        def on_line(line: str) -> None:
            file.write(line + "\n")
            tail.append(line)
            engine_log.debug(line)

        def on_poll() -> None:
            show(progress, job.output_dir)
            if lock.lost.is_set():
                stop.set()
            elif is_main_node():
                pusher.poll()

        log.info("starting %s, whose first step takes half a minute or more (its log: %s)", job.engine, path)
        code = run_engine(
            job.command, job.env, job.cwd,
            on_line=on_line, on_poll=on_poll, stop=stop, grace_s=grace_s(),
        )  # fmt: skip
    lock.check()
    if stop.is_set():
        raise TryAgain(stopped_message(pusher))
    pusher.close()
    outcome = read_outcome(train_log(job.output_dir))
    if code != 0 or (outcome is None and is_main_node()):
        raise failure(job, code, list(tail), path)
    return outcome or {}


def already_done(checkpoint: Path | None) -> dict[str, Any] | None:
    """How training ended whose last checkpoint is there: the run that made it was stopped just after it.

    The engine would train one step more, since it looks only after each step whether it was the last.
    """
    if checkpoint is None:
        return None
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    done = state["global_step"] >= state["max_steps"]
    return {"step": state["global_step"], "max_steps": state["max_steps"], "stopped": False} if done else None


def grace_s() -> float:
    """Seconds that the engine has to save after it was asked to stop: ``VTB_GRACE_S``."""
    text = os.environ.get("VTB_GRACE_S", str(GRACE_S))
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise UsageProblem(f"VTB_GRACE_S is {text!r}: give seconds, for example 60")
    return seconds


@contextmanager
def stop_on_signal(what: str = "saving a checkpoint and stopping") -> Iterator[threading.Event]:
    """SIGTERM and Ctrl-C set an event instead of ending this process, so that the engine can end in good order."""
    stop = threading.Event()

    def ask(number: int, _frame: object) -> None:
        log.info("%s: %s", signal.Signals(number).name, what)
        stop.set()

    old = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def progress_of(output_dir: Path) -> Progress:
    """Of a training that begins or goes on, whose first step comes when its model is there."""
    rows = read_log(train_log(output_dir))
    done, total = (int(rows[-1][name]) for name in ("step", "max_steps")) if rows else (0, 0)
    return Progress(total, "steps", done, warms_up=True)


def show(progress: Progress, output_dir: Path) -> None:
    """Pass the last logged step on."""
    rows = read_log(train_log(output_dir))
    if rows:
        progress.total = int(rows[-1]["max_steps"])
        progress.update(int(rows[-1]["step"]))


def stopped_message(pusher: CheckpointPusher) -> str:
    """What a run that was asked to stop says."""
    name = pusher.push_newest() if is_main_node() else None
    kept = f"{name} is kept" if name else "before its first checkpoint"
    return f"training was stopped, {kept}: run the same command again to continue"


def failure(job: EngineRun, code: int, tail: Sequence[str], path: Path) -> Exception:
    """The right error for an engine that ended badly."""
    said = "\n".join(tail)
    if "out of memory" in said.lower():
        return NotAvailable(f"the GPU ran out of memory: lower {job.smaller} (log: {path})")
    if _NO_MEMORY.search(said):
        return NotAvailable(f"this machine ran out of memory: lower {job.smaller} (log: {path})")
    if code == -signal.SIGKILL or _KILLED.search(said):
        return NotAvailable(f"the engine was killed, most likely out of memory: lower {job.smaller} (log: {path})")
    errors = [match[1] for line in tail if (match := _ERROR.match(line.strip())) and "ChildFailedError" not in match[1]]
    lost = next((error for error in errors if _LOST.search(error)), None)
    if lost and not is_alone():
        return TryAgain(f"another node was lost ({lost[:200]}); run all nodes again to go on from the last checkpoint")
    if better := job.explain(errors):
        return better
    last = errors[-1] if errors else next((line for line in reversed(tail) if line.strip()), "no output")
    return BadInput(f"{job.engine} failed (exit code {code}): {last[:500]} (its whole log: {path})")
