"""What every training process of our own does first: it hears signals, runs no code of others, and says what it met.

Exit code 0 means an orderly end: trained, or asked to stop (SIGTERM, or the file named by ``VTB_STOP_FILE``) and saved.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from vtb.engine.launch import STOP_FILE
from vtb.engine.no_remote_code import forbid_remote_code
from vtb.engine.own_engine import REFUSED
from vtb.engine.parent import die_with_parent
from vtb.engine.stop_signal import StopSignal
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb.engine.training_job import J, read_job
from vtb.errors import VtbError


def own_process(
    argv: Sequence[str], kind: type[J], train: Callable[[J, StopSignal], None],
    prepare: Callable[[], None] = allow_cpu_torchvision,
) -> None:  # fmt: skip
    """Run one training to its end.

    Args:
        argv: the file of its job.
        kind: of the job.
        train: the training.
        prepare: imports what must come first.
    """
    if len(argv) != 1:
        raise SystemExit("usage: python -m MODULE JOB.json")
    die_with_parent()
    stop = StopSignal(os.environ.get(STOP_FILE))
    stop.listen()
    prepare()
    forbid_remote_code()
    try:
        train(read_job(Path(argv[0]), kind), stop)
    except VtbError as error:
        raise SystemExit(f"{REFUSED} {error}") from error
    if os.environ.get("WORLD_SIZE", "1") != "1":
        leave()


def leave() -> None:
    """End at once, with 0.

    Where several processes have talked by gloo (torch 2.13), a thread of it may outlive what it uses while Python ends:
    "terminate called without an active exception", after a training in which nothing was wrong.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
