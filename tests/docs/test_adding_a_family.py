"""docs/adding-a-family.md, done as it says: the file in the folder or in a package, the command, the test."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import vtb
from browser import pictures

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-family.md").read_text()


def block(language: str, start: str = "") -> str:
    """The one block of a language that begins with some words."""
    (found,) = re.findall(rf"^```{language}\n({re.escape(start)}.*?)^```", PAGE, re.M | re.S)
    return str(found)


def run(line: str, path: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A line of the page with a folder first on the path, by this Python."""
    program, *rest = shlex.split(line)
    words = [sys.executable, *(["-m", "vtb.program", "vtb.cli.main:main"] if program == "vtb" else []), *rest]
    parts = [str(path), *([os.environ["PYTHONPATH"]] if "PYTHONPATH" in os.environ else [])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(parts), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the library with the page's file in it."""
    shutil.copytree(
        Path(vtb.__file__).parent, tmp_path / "shared" / "vtb", ignore=shutil.ignore_patterns("__pycache__")
    )
    group = tmp_path / "shared" / "vtb" / "puzzles" / "mirror"
    group.mkdir()
    (group / "__init__.py").touch()
    (group / "mirror_dot.py").write_text(block("python"))
    return tmp_path / "shared"


def test_one_command_shows_it(tree: Path, tmp_path: Path) -> None:
    done = run(block("", "vtb gallery mirror_dot"), tree, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "mirror_dot.html\n", "")
    page = tmp_path / "mirror_dot.html"
    assert re.findall("<h4>(.*)</h4>", page.read_text()) == ["mirror_dot", *(f"mirror_dot {n}" for n in (1, 2, 3))]
    shown = pictures(page)
    assert [picture.shape for picture in shown[:3]] == [(256, 256, 3), (256, 256, 3), (480, 480, 3)]
    assert len(shown) == 4 * 6


def test_one_test_finds_it(tree: Path) -> None:
    line = block("", "python -m pytest") + " -p no:cacheprovider -q"
    done = run(line, tree, ROOT)
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 20


def test_the_test_would_find_a_mistake(tree: Path) -> None:
    file = tree / "vtb" / "puzzles" / "mirror" / "mirror_dot.py"
    wrong = file.read_text().replace("(record.mirrored, RED, grown)", "(record.dot, RED, grown)")
    assert wrong != file.read_text()
    file.write_text(wrong)
    done = run(block("", "python -m pytest") + " -p no:cacheprovider -q", tree, ROOT)
    assert done.returncode == 1
    assert "test_the_ground_truth_is_right_in_every_form[0-mirror_dot]" in done.stdout


def test_a_package_of_ones_own(tmp_path: Path) -> None:
    package, about = tmp_path / "my_puzzles", tmp_path / "my_puzzles-1.dist-info"
    package.mkdir()
    about.mkdir()
    (package / "__init__.py").touch()
    (package / "mirror_dot.py").write_text(block("python"))
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-puzzles\nVersion: 1\n")
    entry = block("toml").replace('[project.entry-points."vtb.puzzles"]', "[vtb.puzzles]").replace('"', "")
    (about / "entry_points.txt").write_text(entry)
    done = run("vtb gallery mirror_dot --output dot.png", tmp_path, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "dot.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_is_in_the_readme() -> None:
    assert "(docs/adding-a-family.md)" in (ROOT / "README.md").read_text()
