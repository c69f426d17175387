"""``vtb-train-vlm rollout`` without vLLM: what is refused, what ms-swift is told, and how the server ends."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from contract.command_line import Result, call, killed_at_the_end
from s3_server import free_port
from vtb.stage.registry import installed, other_commands
from vtb_train_vlm.rollout import Options, arguments

pytestmark = pytest.mark.engine


@pytest.fixture
def on_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two GPUs and vLLM."""
    monkeypatch.setattr("vtb_train_vlm.rollout.gpu_count", lambda: 2)
    real = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name if name == "vllm" else real(name))


def rollout(model: object, *more: object) -> Result:
    return call("vtb-train-vlm", "rollout", "--model", model, *more)


def test_it_is_a_command_and_no_stage() -> None:
    assert "train-vlm rollout" in other_commands()
    assert "train-vlm rollout" not in installed()
    assert "rollout" in call("vtb-train-vlm", "--help").out


def test_no_gpu(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb_train_vlm.rollout.gpu_count", lambda: 0)
    for words in ((), ("--dry-run",)):
        done = rollout(tiny, *words)
        assert (done.code, "this machine has no usable NVIDIA GPU" in done.err) == (4, True), done.err


def test_no_vllm(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb_train_vlm.rollout.gpu_count", lambda: 1)
    done = rollout(tiny)
    assert (done.code, "rollout needs vLLM, which is not installed" in done.err) == (4, True), done.err


@pytest.mark.usefixtures("on_gpus")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--tensor-parallel", "3"), 2, "--tensor-parallel 3 is more than the 2 GPU(s)"),
        (("--memory", "1.5"), 2, "--memory"),
        (("--model", "none"), 4, "none: no model there"),
        (("--host", "192.0.2.1"), 4, "192.0.2.1:8000 cannot be listened at"),
        (("--", "--vllm_tensor_parallel_sizee", "1"), 2, "did you mean vllm_tensor_parallel_size?"),
        (("--", "--host", "0.0.0.0"), 2, "give --host"),
        (("--", "--por", "1"), 2, "give --port"),
        (("--", "--api_key", "x"), 2, "give secrets in the environment"),
    ],
)
def test_refused_before_anything_loads(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, said: str
) -> None:
    def never(*_arguments: object, **_more: object) -> int:
        raise AssertionError("a server was started")

    monkeypatch.setattr("vtb_train_vlm.rollout.run_engine", never)
    done = rollout(tiny, *words)
    assert (done.code, len(done.error_lines)) == (code, 1), done.err
    assert said in done.err


@pytest.mark.usefixtures("on_gpus")
def test_a_port_that_is_taken(tiny: Path) -> None:
    """The engine would take the next one and say so in one of its thousand lines."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = rollout(tiny, "--port", port)
    assert (done.code, f"127.0.0.1:{port} is taken: give another --port" in done.err) == (4, True), done.err


@pytest.mark.usefixtures("on_gpus")
def test_dry_run_says_what_would_be_started(tiny: Path) -> None:
    done = rollout(tiny, "--dry-run", "--port", "8100", "--", "--vllm_enable_lora", "true")
    assert done.code == 0, done.err
    assert done.out.startswith(f"serve  {tiny} at 127.0.0.1:8100: swift rollout --model {tiny} ")
    assert done.out.endswith("--vllm_enable_lora true\n")


PARSE = """
import sys
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
allow_cpu_torchvision()
import swift.arguments.deploy_args as deploy
deploy.get_device_count = lambda: 4
from swift.arguments import RolloutArguments
from swift.utils import parse_args
found, left = parse_args(RolloutArguments, sys.argv[1:])
print(left, found.host, found.port, found.vllm_tensor_parallel_size, found.vllm_gpu_memory_utilization,
      found.vllm_max_model_len, found.torch_dtype, found.template, found.vllm_enable_lora, found.vllm_use_async_engine)
"""


def test_the_engines_own_parser_takes_the_arguments(tiny: Path) -> None:
    """As far as it goes without a GPU: all but loading the model into vLLM."""
    port = free_port()
    options = Options(
        model=str(tiny), host="0.0.0.0", port=port, tensor_parallel=2, memory=0.8, max_length=1024,
        engine_args=("--vllm_enable_lora", "true"),
    )  # fmt: skip
    line = [sys.executable, "-c", PARSE, *arguments(options, tiny)]
    done = subprocess.run(line, capture_output=True, text=True, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    assert done.stdout.splitlines()[-1] == f"[] 0.0.0.0 {port} 2 0.8 1024 torch.bfloat16 qwen3_vl True False"


# A server as ms-swift's is: uvicorn, whose model is in another process that does not hear signals.
SERVER = """
import multiprocessing, sys, time
import fastapi, uvicorn
model = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,))
if __name__ == "__main__":
    model.start()
    print("model is process", model.pid, flush=True)
    uvicorn.run(fastapi.FastAPI(), port=int(sys.argv[1]))
"""
SERVE = """
import os, sys
from pathlib import Path
from vtb import log
from vtb.engine.train import EngineRun
from vtb.signals import listen
from vtb_train_vlm.rollout import serve
log.configure()
listen()
words = [sys.executable, *sys.argv[1:]]
serve(EngineRun("a server", words, dict(os.environ), Path("."), Path("."), "--memory", lambda errors: None))
"""


def test_sigterm_ends_the_server_and_its_model(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    line = [sys.executable, "-c", SERVE, str(tmp_path / "server.py"), str(free_port())]
    with killed_at_the_end(subprocess.Popen(line, stderr=subprocess.PIPE, text=True, cwd=tmp_path)) as process:
        assert process.stderr is not None
        model = 0
        for said in process.stderr:
            if "model is process" in said:
                model = int(said.split()[-1])
            if "Uvicorn running" in said:
                break
        assert psutil.pid_exists(model)
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert (process.wait(timeout=60), "Finished server process" in rest) == (0, True), rest
    assert "the server has stopped" in rest
    assert not psutil.pid_exists(model) or psutil.Process(model).status() == psutil.STATUS_ZOMBIE


def test_a_server_that_ends_by_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("raise ValueError('No available memory for the cache blocks')")
    line = [sys.executable, "-c", SERVE, str(tmp_path / "server.py")]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "BadInput: a server failed (exit code 1): ValueError: No available memory" in done.stderr
