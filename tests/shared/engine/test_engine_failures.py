"""What is said of an engine that had no memory left, by itself or by what ended it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from vtb.engine.own_engine import explain
from vtb.engine.train import EngineRun, failure
from vtb.errors import BadInput, NotAvailable

RUN = EngineRun("the trainer", (), {}, Path(), Path(), "--batch-size", explain)
# As torchrun 2.13 ends where one of two processes was killed, and the other stopped for that.
ELASTIC = """torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
Failures:
[1]:
  exitcode  : {other}
Root Cause (first observed failure):
[0]:
  rank      : 1 (local_rank: 1)
  exitcode  : {first}
  traceback : Signal
======================================================"""
TERMINATED, KILLED = "-15 (pid: 2212)  (SIGTERM)", "-9 (pid: 2213)  (SIGKILL)"


@pytest.mark.parametrize(
    ("code", "said", "why"),
    [
        (1, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", "the GPU ran out"),
        (
            1,
            "RuntimeError: [enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory",
            "machine",
        ),
        (1, "MemoryError", "this machine ran out of memory"),
        (1, "[rank1]: MemoryError", "this machine ran out of memory"),
        (-signal.SIGKILL, "", "the engine was killed"),
        (1, ELASTIC.format(first=KILLED, other=TERMINATED), "the engine was killed"),
    ],
)
def test_no_memory_left(code: int, said: str, why: str) -> None:
    found = failure(RUN, code, said.splitlines(), Path("x"))
    assert isinstance(found, NotAvailable)
    assert why in str(found)
    assert "lower --batch-size" in str(found)


def test_a_process_that_was_ended_for_another() -> None:
    """torchrun kills those that do not end by themselves: the first that failed is to blame."""
    said = "[rank1]: ValueError: bad\n" + ELASTIC.format(first="1 (pid: 2213)", other=KILLED)
    found = failure(RUN, 1, said.splitlines(), Path("x"))
    assert isinstance(found, BadInput)
    assert "ValueError: bad" in str(found)
