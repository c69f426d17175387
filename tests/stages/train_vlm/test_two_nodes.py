"""Two nodes that train together, as two processes of this machine that meet by torchrun's variables."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import psutil
import pytest

from contract.command_line import call, killed_at_the_end, start
from s3_server import free_port
from stages.train_vlm.stage_runs import A_RUN, Place, kill_tree, marked, metrics, wait_for
from vtb.engine.train import failure
from vtb.errors import BadInput, NotAvailable, TryAgain
from vtb_train_vlm.job import Job

GLOO = "[rank1]: RuntimeError: [gloo/transport/tcp/pair.cc:537] Read error [10.0.0.7]:14522: Connection reset by peer."
NCCL = "[rank0]: torch.distributed.DistBackendError: NCCL error: remote process exited or there was a network error"
STORE = "torch.distributed.DistNetworkError: The client socket has timed out after 60000ms while trying to connect"
ELASTIC = "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: "
OURS = "ValueError: the rows hold no answer"


@pytest.mark.parametrize("line", [GLOO, NCCL, STORE])
def test_a_lost_node_is_no_bad_input(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PET_NNODES", "2")
    assert isinstance(failure(A_RUN, 1, [line, ELASTIC], Path("x")), TryAgain)
    monkeypatch.setenv("PET_NNODES", "1")
    assert isinstance(failure(A_RUN, 1, [line, ELASTIC], Path("x")), BadInput)


def test_what_is_wrong_on_this_node_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PET_NNODES", "2")
    said = failure(A_RUN, 1, [f"[rank0]: {OURS}", ELASTIC], Path("x"))
    assert isinstance(said, BadInput)
    assert OURS in str(said)
    assert isinstance(failure(A_RUN, 1, ["CUDA out of memory", GLOO], Path("x")), NotAvailable)


@pytest.mark.engine
def test_overwrite_is_for_the_main_node(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another node neither clears what the main node may have begun by then nor takes up an old checkpoint."""
    out = tmp_path / "out"
    (out / "checkpoints" / "checkpoint-3").mkdir(parents=True)
    (out / "checkpoints" / "checkpoint-3" / ".complete").write_text('{"step": 3, "files": {}}')
    kept = {"plan.json": "{}", "manifest.json": "{}"}
    for name, text in kept.items():
        (out / name).write_text(text)
    began: list[Job] = []
    monkeypatch.setattr("vtb_train_vlm.run_training.engine_run", lambda job, *_more: began.append(job))
    monkeypatch.setattr("vtb.engine.run_training.train", lambda *_all: {"step": 1})
    for name, value in {"PET_NNODES": "2", "PET_NODE_RANK": "1", "VTB_CACHE": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    done = call(*place.sft(out, "--overwrite"))
    assert done.code == 0, done.err
    assert began[0].resume_from is None
    assert {name: (out / name).read_text() for name in kept} == kept


@pytest.mark.engine
def test_a_gang_that_lost_a_node_goes_on_from_the_last_checkpoint(place: Place, tmp_path: Path) -> None:
    out, port = tmp_path / "out", free_port()
    words = place.sft(out, "--max-steps", 16, "--save-steps", 4)

    def node(index: int) -> subprocess.Popen[str]:
        meet = {"PET_NNODES": "2", "PET_MASTER_ADDR": "127.0.0.1", "PET_MASTER_PORT": str(port)}
        env = {**place.env, **meet, "JOB_COMPLETION_INDEX": str(index), "VTB_CACHE": str(tmp_path / f"cache{index}")}
        return start(*words, env=env)

    with killed_at_the_end(node(0)) as first, killed_at_the_end(node(1)) as second:
        wait_for("a checkpoint in the store", lambda: marked(str(out)), first)
        kill_tree(second)
        _, said = first.communicate(timeout=300)
    assert first.returncode == 75, said
    assert "another node was lost" in said
    assert not (out / "manifest.json").exists()

    with killed_at_the_end(node(0)) as first, killed_at_the_end(node(1)) as second:
        _, said = first.communicate(timeout=300)
        second.communicate(timeout=300)
    assert (first.returncode, second.returncode) == (0, 0), said
    assert "continuing from checkpoint-" in said
    assert metrics(str(out))["steps"] == 16


def engines_of(run: subprocess.Popen[str]) -> list[int]:
    """The processes that a run has started to train in."""
    found = []
    for child in psutil.Process(run.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has ended
            found += [child.pid] if "torch.distributed.run" in child.cmdline() else []
    return found


@pytest.mark.engine
def test_two_runs_of_one_node_do_not_share_a_folder(place: Place, tmp_path: Path) -> None:
    """The second would begin the first one's log anew, and take away the file that asks its engine to stop."""
    meet = {"PET_NNODES": "2", "PET_MASTER_ADDR": "127.0.0.1", "PET_MASTER_PORT": str(free_port())}
    env = {**place.env, **meet, "PET_NODE_RANK": "1", "VTB_CACHE": str(tmp_path / "cache")}
    words = place.sft(tmp_path / "out", "--max-steps", 2)

    def found(name: str) -> list[Path]:
        return list((tmp_path / "cache" / "runs").glob(f"*/{name}"))

    with killed_at_the_end(start(*words, env=env)) as first:
        wait_for("its engine", lambda: engines_of(first), first)  # by then it has taken away what an earlier run left
        (log,) = found("engine-node1.log")
        stop = log.with_name(".stop")
        stop.touch()
        began = log.stat()
        with killed_at_the_end(start(*words, env=env)) as second:
            _, said = second.communicate(timeout=120)
        assert (second.returncode, "another run trains here now (on this machine)" in said) == (75, True), said
        assert (log.stat().st_ino, stop.exists(), first.poll()) == (began.st_ino, True, None)
        kill_tree(first)
    assert not found("engine.log")
