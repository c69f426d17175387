"""SIGTERM at any moment of a short run: complete or exit 75, one line, and the artifact goes on where it was."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contract.command_line import BIN, TINY, files, killed_at_the_end, run, start, without_run

LINE = (*TINY, "--count", "12", "--samples-per-shard", "3", "--video", "--frames", "5", "--clip-size", "64x64")
MOMENTS = 14

# A command that swallows what is raised in it, as destructors, callbacks and imports of C libraries do.
SWALLOWING = """
import click, os, signal, sys, time, weakref
sys.path.insert(0, sys.argv.pop(1))

class Noisy:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(10):
            time.sleep(0.001)
        print("destroyed", flush=True)

class Watched:
    pass

def finalize():
    Noisy()
    print("finalized", flush=True)

def called_back(_):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.01)
    print("called back", flush=True)

@click.command("vtb-test")
@click.argument("how")
def command(how):
    if how == "destructor":
        Noisy()
    if how == "finalizer":
        thing = Watched()
        weakref.finalize(thing, finalize)
        del thing
    if how == "callback":
        thing = Watched()
        watch = weakref.ref(thing, called_back)
        del thing
    if how == "freed at the end":
        thing = Noisy()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    if how == "except":
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        except BaseException:
            pass
    if how == "import":
        import slow_module
    if how == "cleaning up":
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        finally:
            for _ in range(100):
                time.sleep(0.01)
            print("cleaned up", flush=True)
    if how == "end":
        return
    time.sleep(10)
    print("went on", flush=True)

from vtb.stage.main import run
if sys.argv[1] == "end":
    import atexit
    atexit.register(lambda: (os.kill(os.getpid(), signal.SIGTERM), time.sleep(0.05)))
run(command)
"""
SLOW_MODULE = """
import os, signal, time
try:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.3)
except BaseException:
    print("raised while importing", flush=True)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The artifact as an undisturbed run makes it, and how long that takes from the first line on."""
    out = tmp_path_factory.mktemp("whole") / "out"
    process = start("vtb-gen-maze", *LINE, "--output", out)
    _until_it_hears(process)
    began = time.monotonic()
    assert process.wait(60) == 0
    process.communicate()
    return out, time.monotonic() - began


def _until_it_hears(process: subprocess.Popen[str]) -> None:
    """Until the program's first line has run; before that there is only the interpreter."""
    status, bit = Path(f"/proc/{process.pid}/status"), 1 << (signal.SIGTERM - 1)
    while process.poll() is None:
        caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt:"))
        if int(caught.split()[1], 16) & bit:
            return


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_sigterm_at_any_moment(moment: int, whole: tuple[Path, float], tmp_path: Path) -> None:
    reference, seconds = whole
    out = tmp_path / "out"
    with killed_at_the_end(start("vtb-gen-maze", *LINE, "--output", out)) as process:
        _until_it_hears(process)
        # Close together at first, where the imports are, and beyond the end.
        time.sleep(seconds * 1.1 * (moment / (MOMENTS - 1)) ** 1.5)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode in (0, 75), err
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    complete = (out / "manifest.json").exists()
    assert complete or process.returncode == 75
    if process.returncode == 75:
        assert err.splitlines()[-1].endswith("error: stopped by SIGTERM; run the same command again to continue")
    assert run("vtb-gen-maze", *LINE, "--output", out).code == 0
    assert without_run(files(out)) == without_run(files(reference))


def test_ctrl_c_while_it_starts_is_one_line(tmp_path: Path) -> None:
    with killed_at_the_end(start("vtb-gen-maze", *LINE, "--output", tmp_path / "out")) as process:
        _until_it_hears(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err.count("\n")) == (130, 1), err
    assert err == "vtb-gen-maze: error: interrupted; run the same command again to continue\n"


@pytest.mark.parametrize(
    ("how", "code", "out"),
    [
        ("destructor", 75, "destroyed\n"),
        ("finalizer", 75, "destroyed\nfinalized\n"),
        ("callback", 75, ""),
        ("freed at the end", 75, "destroyed\n"),
        ("except", 75, ""),
        ("import", 75, ""),
        ("cleaning up", 75, "cleaned up\n"),
        ("end", 0, ""),
    ],
)
def test_a_signal_is_not_swallowed(how: str, code: int, out: str, tmp_path: Path) -> None:
    (tmp_path / "slow_module.py").write_text(SLOW_MODULE)
    line = [sys.executable, "-c", SWALLOWING, str(tmp_path), how]
    done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (code, out), done.stderr
    assert ("stopped by SIGTERM" in done.stderr) == (code == 75)
    assert "Exception ignored" not in done.stderr


def test_every_program_hears_first(tmp_path: Path) -> None:
    """The modules that a console script imports before it listens are Python's own."""
    code = (
        "import sys; before = set(sys.modules); import importlib.metadata\n"
        "for script in importlib.metadata.entry_points(group='console_scripts'):\n"
        "    if script.dist.name == 'vtb-train':\n"
        "        for name in [name for name in sys.modules if name.startswith('vtb')]: del sys.modules[name]\n"
        "        script.load()\n"
        "        ours = {name for name in sys.modules if name.startswith('vtb')}\n"
        "        allowed = {'vtb', 'vtb.program', 'vtb.signals', 'vtb.cli', 'vtb.cli.programs'}\n"
        "        allowed |= {name for name in ours if name.count('.') == 0 or name.endswith('.programs')}\n"
        "        heavy = [name for name in ('click', 'numpy', 'logging') if name in sys.modules]\n"
        "        print(script.name, sorted(ours - allowed), heavy)\n"
    )
    done = subprocess.run([BIN / "python", "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 13
    assert [line for line in lines if not line.endswith("[] []")] == []
