"""``vtb-train-vlm rollout``: the vLLM server that answers for ``grpo --rollout server``; it makes no artifact."""

from __future__ import annotations

import errno
import importlib.util
import logging
import os
import socket
import tempfile
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from vtb import log as vtb_log
from vtb.artifact.local import find_model
from vtb.engine.hardware import gpu_count
from vtb.engine.launch import STOP_FILE, engine_environment, launcher
from vtb.engine.train import EngineRun, failure, stop_on_signal
from vtb.engine.watch import run_engine
from vtb.errors import NotAvailable, UsageProblem
from vtb.stage.command import WIDEST_HELP
from vtb.stage.fields import StageOptions, build, option, options_of
from vtb.stage.options import log_options
from vtb.stage.variables import warn_of_strangers
from vtb_train_vlm.engine_options import (
    check_engine_args,
    flatten,
    model_arguments,
    parse_arguments,
    to_arguments,
)
from vtb_train_vlm.swift_command import ENGINE, limits_of_pictures, unknown_argument

log = logging.getLogger("vtb.rollout")
engine_log = logging.getLogger("vtb.engine")
COMMAND = "vtb-train-vlm rollout"
TAIL = 200
GRACE_S = 25.0  # of the 30 that Kubernetes gives


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    model: str = option(
        metavar="PATH|URI", artifact=("checkpoint",),
        help="The model that grpo starts from: a local folder with its files, or a checkpoint artifact.",
    )  # fmt: skip
    host: str = option(
        "127.0.0.1",
        help="Address to listen at. Whoever reaches it can change the model's weights, so open it (0.0.0.0) only in a "
        "network of your own.",
    )
    port: int = option(8000, low=1, high=65535, help="Port to listen at.")
    tensor_parallel: int = option(1, low=1, help="GPUs that share one copy of the model.")
    memory: float = option(0.9, low=0, high=1, above=True, help="Share of a GPU's memory for vLLM.")
    max_length: int = option(
        4352, low=16, help="Longest prompt and completion together in tokens: grpo's two limits, added."
    )
    max_pixels: int = option(
        262_144, low=1024, help="Scale larger pictures down to this many pixels; the same number as in grpo."
    )
    dry_run: bool = option(False, help="Check everything, say what would be started, and leave.")
    engine_args: tuple[str, ...] = option((), remainder=True)

    def __post_init__(self) -> None:
        """Names that the engine does not know are told at once, and those whose values are looked at here."""
        check_engine_args(self.engine_args, None, "rollout")
        for name in parse_arguments(self.engine_args):
            ours = next((full for full in ("host", "port") if full.startswith(name)), None)
            if ours:
                raise UsageProblem(f"engine argument {name} (after --) is set by the command: give --{ours}")


@click.command(
    "rollout",
    context_settings={
        "auto_envvar_prefix": "VTB_TRAIN_VLM_ROLLOUT", "max_content_width": WIDEST_HELP,
        "help_option_names": ["-h", "--help"],
    },
)  # fmt: skip
def rollout(**values: Any) -> None:
    """Serve a model with vLLM for the answers of grpo, until SIGTERM or Ctrl-C.

    Runs ms-swift's rollout server, whose weights `grpo --rollout server` brings up to date as it learns. It needs GPUs
    of its own, and writes nothing. Everything after -- goes to ms-swift untouched and wins over the options here.

    Example: vtb-train-vlm rollout --model out/sft/merged --port 8000
    """
    vtb_log.configure(values.pop("log_format"), values.pop("log_level"))
    warn_of_strangers(click.get_current_context())
    options = build(Options, values)
    check_machine(options)
    model = find_model(options.model).folder()
    words = arguments(options, model)
    if options.dry_run:
        click.echo(f"serve  {model} at {options.host}:{options.port}: swift rollout {' '.join(words)}")
        return
    check_port(options.host, options.port)
    with tempfile.TemporaryDirectory() as work:
        serve(engine_run(options, model, words, Path(work)))


rollout.params += [*options_of(Options), *log_options()]


def check_machine(options: Options) -> None:
    """Refuse what this machine cannot do, before anything loads.

    Raises:
        NotAvailable: there is no GPU, or no vLLM.
        UsageProblem: there are fewer GPUs than asked for.
    """
    gpus = gpu_count()
    if not gpus:
        raise NotAvailable("rollout runs vLLM, and this machine has no usable NVIDIA GPU: take a GPU machine, or none "
                           "at all with grpo --rollout transformers")  # fmt: skip
    if options.tensor_parallel > gpus:
        raise UsageProblem(
            f"--tensor-parallel {options.tensor_parallel} is more than the {gpus} GPU(s) of this machine"
        )
    if importlib.util.find_spec("vllm") is None:
        raise NotAvailable("rollout needs vLLM, which is not installed: pip install 'vtb-train[vllm]'")


def check_port(host: str, port: int) -> None:
    """Refuse a port that is taken: the engine would quietly take another one, where grpo does not look."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        what = "is taken: give another --port" if taken else f"cannot be listened at ({error.strerror}): give --host"
        raise NotAvailable(f"{host}:{port} {what}") from error


def arguments(options: Options, model: Path) -> list[str]:
    """What ``swift rollout`` is told."""
    own = to_arguments(
        {
            "model": model.resolve(),
            **model_arguments(model),
            "torch_dtype": "bfloat16",
            "host": options.host,
            "port": options.port,
            "vllm_tensor_parallel_size": options.tensor_parallel,
            "vllm_gpu_memory_utilization": options.memory,
            "vllm_max_model_len": options.max_length,
            "load_args": False,  # of a training whose checkpoint the model is
        }
    )
    return flatten({**own, **parse_arguments(options.engine_args)})


def engine_run(options: Options, model: Path, words: Sequence[str], work: Path) -> EngineRun:
    """The server as a process."""
    env = engine_environment(ENGINE, os.environ, work, "cuda")
    del env[STOP_FILE]  # it is asked to stop by SIGTERM
    return EngineRun(
        engine="ms-swift", command=[*launcher(ENGINE, 1, {}), "rollout", *words],
        env={**env, **limits_of_pictures(model, options.max_pixels)}, cwd=work, output_dir=work,
        smaller="--memory or --max-length", explain=unknown_argument,
    )  # fmt: skip


def serve(server: EngineRun) -> None:
    """Run the server until it is asked to stop; its lines are ours.

    Raises:
        NotAvailable: out of memory.
        BadInput: it ended by itself.
    """
    tail: deque[str] = deque(maxlen=TAIL)

    def on_line(line: str) -> None:
        tail.append(line)
        engine_log.info(line)

    with stop_on_signal("stopping the server") as stop:
        code = run_engine(
            server.command, server.env, server.cwd,
            on_line=on_line, on_poll=lambda: None, stop=stop, grace_s=GRACE_S,
        )  # fmt: skip
    if not stop.is_set():
        raise failure(server, code, list(tail), Path("above"))
    log.info("the server has stopped")
