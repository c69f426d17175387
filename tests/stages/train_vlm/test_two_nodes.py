"""Two nodes that train together, as two processes of this machine that meet by torchrun's variables."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vtb.artifact import read_manifest
from vtb.errors import BadInput, NotAvailable, TryAgain
from vtb_train_vlm.training import failure

GLOO = "[rank1]: RuntimeError: [gloo/transport/tcp/pair.cc:537] Read error [10.0.0.7]:14522: Connection reset by peer. This"
NCCL = "[rank0]: torch.distributed.DistBackendError: NCCL error: remote process exited or there was a network error"
STORE = "torch.distributed.DistNetworkError: The client socket has timed out after 60000ms while trying to connect"
ELASTIC = "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: "
OURS = "ValueError: the rows hold no answer"


@pytest.mark.parametrize("line", [GLOO, NCCL, STORE])
def test_a_lost_node_is_no_bad_input(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PET_NNODES", "2")
    assert isinstance(failure(1, [line, ELASTIC], Path("x")), TryAgain)
    monkeypatch.setenv("PET_NNODES", "1")
    assert isinstance(failure(1, [line, ELASTIC], Path("x")), BadInput)


def test_what_is_wrong_on_this_node_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PET_NNODES", "2")
    said = failure(1, [f"[rank0]: {OURS}", ELASTIC], Path("x"))
    assert isinstance(said, BadInput)
    assert OURS in str(said)
    assert isinstance(failure(1, ["CUDA out of memory", GLOO], Path("x")), NotAvailable)
