"""Nothing that lies in the working folder is imported: not by programs, not by steps, not by worker processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contract.command_line import TINY, run
from vtb.launch import local
from vtb.pipeline.step import Step

POISON = ("click", "queue", "json", "vtb", "numpy", "pickle", "struct", "socket", "signal", "multiprocessing", "yaml",
          "tempfile", "random", "vtb_generate", "contextlib", "importlib")  # fmt: skip
SMALL = (*TINY[:4], "--count", "6", "--samples-per-shard", "2")


@pytest.fixture
def poisoned(tmp_path: Path) -> Path:
    """A folder whose modules leave a file and end the program that imports them."""
    folder = tmp_path / "work"
    folder.mkdir()
    for name in POISON:
        (folder / f"{name}.py").write_text(
            f"open({str(tmp_path / 'imported')!r}, 'a').write({name!r})\nraise SystemExit(99)\n"
        )
    return folder


def spotless(poisoned: Path) -> bool:
    return not (poisoned.parent / "imported").exists()


def test_the_poison_works(poisoned: Path) -> None:
    """As these programs were started before: the first thing that is imported is what lies there."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run([sys.executable, "-m", "vtb_generate.maze"], cwd=poisoned, env=env, check=False)
    assert done.returncode == 99
    assert not spotless(poisoned)


def test_a_program_and_its_workers(poisoned: Path) -> None:
    done = run("vtb-gen-maze", *SMALL, "--workers", "2", "--output", "out", cwd=poisoned)
    assert done.code == 0, done.err
    assert (poisoned / "out" / "manifest.json").exists()
    assert spotless(poisoned)


def test_the_steps_of_a_pipeline(poisoned: Path) -> None:
    steps = [
        {"name": "mazes", "stage": "gen-maze",
         "options": {"size": [9], "cell-px": 8, "count": 6, "samples-per-shard": 2, "workers": 2}},
        {"name": "curated", "stage": "curate", "inputs": ["mazes"]},
    ]  # fmt: skip
    (poisoned / "pipeline.yaml").write_text(yaml.safe_dump({"name": "test", "steps": steps}))
    done = run("vtb", "run", "pipeline.yaml", "--store", "store", cwd=poisoned)
    assert done.code == 0, done.err
    assert spotless(poisoned)


def test_a_step_alone(poisoned: Path) -> None:
    """As the launcher starts it, even where it has not been started by our own program."""
    command = local.command_line(Step("mazes", "gen-maze", {"count": 1, "cell-px": 8}, {}), str(poisoned / "store"))
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(command, cwd=poisoned, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert spotless(poisoned)


def test_workers_of_python_3_10(poisoned: Path) -> None:
    """It has no PYTHONSAFEPATH: what it does instead works in every version."""
    code = (
        "import sys; sys.path[:] = [folder for folder in sys.path if folder]\n"
        "from vtb.stage import executor\n"
        "executor._isolate_workers()\n"
        "import multiprocessing\n"
        "context = multiprocessing.get_context('spawn')\n"
        "context.Value('q', 0)\n"
        "process = context.Process(target=print, args=('worked',)); process.start(); process.join()\n"
        "sys.exit(process.exitcode)\n"
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=poisoned, env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "worked\n"), done.stderr
    assert spotless(poisoned)
