"""Many short engine runs for the price of one start: a process imports the engine and forks for each run.

Run as a script it reads a line of JSON per run (arguments, environment, log) and answers with the exit code. Imported,
it is the other side of that.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from vtb_train_vlm.job import Job
from vtb_train_vlm.swift_command import command, environment

STOPPER = Path(__file__).parent / "stop_at.py"


class ForkedEngine:
    """Runs training jobs one after the other."""

    def __init__(self, job: Job) -> None:
        env = environment(job, {**os.environ, "OMP_NUM_THREADS": "1"}, "cpu")
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, __file__], env=env, stdin=pipe, stdout=pipe, text=True, start_new_session=True
        )

    def __enter__(self) -> ForkedEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def train(self, job: Job, stop_at: int | None = None) -> None:
        """Runs a job to its end, or asks it to stop while it makes a step; the end must be orderly."""
        if stop_at is not None:
            extra = ("--external_plugins", str(STOPPER), "--callbacks", "stop_at")
            job = replace(job, engine_args=(*job.engine_args, *extra))
        job.output_dir.mkdir(parents=True, exist_ok=True)
        env = {**environment(job, {}, "cpu"), "STOP_AT": str(stop_at)}
        words = command(job, "cpu")
        log = job.output_dir / "engine.log"
        line = json.dumps({"argv": words[words.index("sft") :], "env": env, "log": str(log)})
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(line, file=self._process.stdin, flush=True)
        assert self._process.stdout.readline().strip() == "0", log.read_text()[-3000:]


def _serve() -> None:
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    import swift.pipelines
    import swift.trainers
    import transformers.models.qwen3_vl.modeling_qwen3_vl  # noqa: F401

    swift.pipelines.sft_main  # noqa: B018  is imported when it is asked for

    from vtb_train_vlm.engine import main

    # The engine collects garbage at every validation: a child would look at all that was imported, and so copy it.
    gc.collect()
    gc.freeze()

    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            os.environ.update(task["env"])
            log = os.open(task["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            try:
                main(task["argv"])
            except BaseException:  # noqa: BLE001  a forked child must not go on as its parent
                import traceback

                traceback.print_exc()
                sys.stderr.flush()
                os._exit(1)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)


if __name__ == "__main__":
    _serve()
