"""Locks: the exact versions of what an image contains, chosen by uv from pyproject.toml and checked offline."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from images.declaration import NAMES, ROOT, Image, Unavailable, load_images, select

# The Python and the platform that the locks are resolved for. Ubuntu's newer Python takes the same pins.
LOCK_PYTHON = "3.11"
LOCK_PLATFORM = "x86_64-manylinux_2_28"

# What torch's CUDA wheel asks for with exact versions of its own, and torch's CPU wheel does without.
CUDA_PACKAGE = re.compile(r"^(cuda|nvidia)-|^triton$")

# No image name here: two images with the same pins then have the same file, and BuildKit installs it once for both.
LOCK_HEADER = f"""\
# Written by `python images/build.py lock` from pyproject.toml, for Python {LOCK_PYTHON}.
# No hashes, and no CUDA packages (torch's own metadata pins those): a folder with torch's CPU wheel satisfies the same
# lock as the CUDA wheel from the package index does.
"""


def normal(name: str) -> str:
    """Write a package name the way indexes compare them."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: Path) -> dict[str, str]:
    """Read the versions that a lock pins, by normal package name."""
    if not lock.exists():
        raise Unavailable(f"{lock.relative_to(ROOT)} is missing; write it with: python images/build.py lock")
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {normal(name): pin for name, pin in pins}


def project() -> dict[str, Any]:
    """Read the [project] table of pyproject.toml."""
    # Python 3.10 has no tomllib; there, pytest and mypy bring tomli.
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    table: dict[str, Any] = toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def declared(image: Image) -> list[str]:
    """List what pyproject.toml asks for on behalf of an image: its extra, and what the library needs where it is in."""
    table = project()
    return [*(table["dependencies"] if image.source else ()), *table["optional-dependencies"][image.extra]]


def resolve(image: Image, upgrade: bool) -> str:
    """Let uv choose a version for everything the image needs; it keeps the versions of the present lock."""
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if not uv:
        raise Unavailable("uv is not installed; run: pip install uv")
    command = [uv, "pip", "compile", "-", "--quiet", "--no-header", "--no-annotate", f"--output-file={image.lock}"]
    command += [f"--python-version={LOCK_PYTHON}", f"--python-platform={LOCK_PLATFORM}", *["--upgrade"][:upgrade]]
    done = subprocess.run(command, input="\n".join(declared(image)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"uv cannot lock {image.name}: {done.stderr.strip()}")
    return image.lock.read_text(encoding="utf-8")


def write_lock(image: Image, upgrade: bool) -> None:
    """Write the lock of one image."""
    lines = resolve(image, upgrade).splitlines()
    pins = [line for line in lines if line[0] not in "#-" and not CUDA_PACKAGE.match(line.split("==")[0])]
    image.lock.write_text(LOCK_HEADER + "".join(f"{pin}\n" for pin in pins), encoding="utf-8")
    click.echo(f"{image.lock.relative_to(ROOT)}: {len(pins)} packages")


def lock_problems(image: Image) -> list[str]:
    """Compare a lock with pyproject.toml, offline; what those packages need in turn is not looked at."""
    from packaging.requirements import Requirement

    pins = locked(image.lock)
    where = image.lock.relative_to(ROOT)
    problems = []
    for requirement in map(Requirement, declared(image)):
        pin = pins.get(normal(requirement.name))
        if requirement.marker and not requirement.marker.evaluate({"python_version": LOCK_PYTHON}):
            continue
        if pin is None:
            problems.append(f"{where}: {requirement.name} is not pinned")
        elif not requirement.specifier.contains(pin, prereleases=True):
            problems.append(f"{where}: {requirement.name}=={pin} is not {requirement.specifier}")
    return problems


def with_locks(names: Sequence[str]) -> list[Image]:
    """Pick the named images that have a lock, one for each lock."""
    return list({image.lock: image for image in select(load_images(), names, parents=False) if image.extra}.values())


@click.command()
@NAMES
@click.option("--check", is_flag=True, help="Only say whether the locks still satisfy pyproject.toml; works offline.")
@click.option("--upgrade", is_flag=True, help="Choose the newest versions, not those of the present locks.")
def lock(names: Sequence[str], check: bool, upgrade: bool) -> None:
    """Write requirements.lock of the images from pyproject.toml.

    A lock pins the dependencies of the project, the extra of the image, and all that those need.
    """
    if not check:
        for image in with_locks(names):
            write_lock(image, upgrade)
        return
    problems = [problem for image in with_locks(names) for problem in lock_problems(image)]
    if problems:
        raise click.ClickException("\n".join([*problems, "fix it with: python images/build.py lock"]))
