"""A launcher's image has hardly any library: planning a pipeline must not need one that only its steps have."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from contract.command_line import BIN

ROOT = Path(__file__).parents[2]
# Whatever a distribution brings that is not in the launcher's lock.
LACKING = """
import importlib.metadata, re, sys
lock = {lock!r}
name_of = lambda text: re.split(r"[=\\s;\\[]", text)[0].lower().replace("_", "-")
named = {{name_of(line) for line in open(lock) if line[:1].isalpha()}}
allowed, blocked = set(), set()
for found in importlib.metadata.distributions():
    tops = set((found.read_text("top_level.txt") or "").split())
    tops = tops or {{str(file).split("/")[0].removesuffix(".py") for file in found.files or () if file.suffix == ".py"}}
    own = name_of(found.metadata["Name"])
    (allowed if own in named or own.startswith("vtb") else blocked).update(tops)
print(*[top for top in blocked - allowed - sys.stdlib_module_names if top.isidentifier() and not top.startswith("vtb")])
"""


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("lean")
    lock = ROOT / "images/launcher/requirements.lock"
    line = [str(BIN / "python"), "-c", LACKING.format(lock=str(lock))]
    lacking = subprocess.check_output(line, text=True).split()
    # Read by Python at its start.
    (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({lacking}))\n")
    env = {**os.environ, "PYTHONPATH": str(folder)}
    for library, there in (("torch", False), ("PIL", False), ("cv2", False), ("click", True), ("msgspec", True)):
        done = subprocess.run([BIN / "python", "-c", f"import {library}"], env=env, capture_output=True, check=False)
        assert (done.returncode == 0) is there, library
    return env


@pytest.mark.parametrize("pipeline", sorted(path.stem for path in (ROOT / "k8s/pipelines").glob("*.yaml")))
def test_every_pipeline_can_be_planned(pipeline: str, lean: dict[str, str], tmp_path: Path) -> None:
    words = ("run", f"k8s/pipelines/{pipeline}.yaml", "--dry-run", "--store", str(tmp_path / "store"))
    done = subprocess.run(
        [BIN / "vtb", *words], env=lean, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "vtb-eval score" in done.stdout
