"""kill -9 and SIGTERM at random moments of every data stage: a rerun ends with the same bytes and nothing besides."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from attacks.chain import COUNT, SEED, STEPS, Step, content, make_all
from contract.command_line import killed_at_the_end, run, start


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("base")
    make_all(place)
    return str(place)


def seconds_of(step: Step, base: str, output: Path) -> float:
    """How long a run takes just now."""
    began = time.monotonic()
    program, *words = step.line(base, output)
    done = run(program, *words)
    assert done.code == 0, done.err
    return time.monotonic() - began


def kill(how: int, moment: float, words: list[Any]) -> tuple[int, str]:
    """A run that is killed after so many seconds."""
    with killed_at_the_end(start(words[0], *words[1:])) as process:
        time.sleep(moment)
        if how == signal.SIGKILL:
            os.killpg(process.pid, how)  # with its workers, as when a container is killed
        else:
            process.send_signal(how)
        _, err = process.communicate(timeout=60)
        return process.returncode, err


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_kills(step: Step, base: str, tmp_path: Path) -> None:
    rng, wanted = random.Random(f"{SEED}/{step.name}"), content(f"{base}/{step.name}")
    seconds = seconds_of(step, base, tmp_path / "timed")
    for number in range(COUNT):
        output = tmp_path / str(number)
        words: list[Any] = [*step.line(base, output), "--workers", rng.choice(("1", "2"))]
        for _ in range(rng.choice((1, 2))):
            how, moment = rng.choice((signal.SIGKILL, signal.SIGTERM)), seconds * rng.uniform(0.05, 1.1)
            more = rng.choice(([], ["--overwrite"]))
            code, err = kill(how, moment, [*words, *more])
            what = f"attack {number}: {how.name} after {moment:.2f} s {more}: exit {code}: {err}"
            assert code in (0, -signal.SIGKILL, 75) or (code == -signal.SIGTERM and err == ""), what
            assert "Traceback" not in err, what
        last = run(words[0], *words[1:])
        assert last.code == 0, f"{what}\n{last.err}"
        assert content(str(output)) == wanted, what
