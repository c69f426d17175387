"""Wheels: a folder with the packages of some locks, for builds that reach no package index."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from images.declaration import FOLDER, NAMES, Image, Unavailable, megabytes
from images.lock import CUDA_PACKAGE, LOCK_PYTHON, locked, normal, with_locks


def wheels_for(image: Image, folder: Path) -> list[Path]:
    """Pick the wheels of one lock out of a folder, or say which it lacks."""
    pins = locked(image.lock)
    found = [(normal(wheel.name.split("-")[0]), wheel) for wheel in sorted(folder.glob("*.whl"))]
    missing = sorted(set(pins) - {name for name, _ in found})
    if missing:
        raise Unavailable(
            f"{folder} has no wheel of {', '.join(missing[:5])}{', ...' if missing[5:] else ''} for {image.name}; "
            f"get them with: python images/build.py wheels {folder} {image.name}"
        )
    return [wheel for name, wheel in found if name in pins or ("torch" in pins and CUDA_PACKAGE.match(name))]


def pip_arguments(folder: Path, python_version: str) -> list[str]:
    """Choose between making wheels here and fetching those of another Python."""
    if python_version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return ["wheel", f"--wheel-dir={folder}", f"--find-links={folder}"]
    fetch = ["download", f"--dest={folder}", f"--find-links={folder}", "--only-binary=:all:"]
    # The newest platform tag that Debian 12 takes, down to the oldest in use: pip does not work out the others.
    platforms = [f"--platform=manylinux{tag}_x86_64" for tag in ("_2_36", "_2_28", "_2_17", "2014", "2010", "1")]
    return [*fetch, *platforms, f"--python-version={python_version}"]


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@NAMES
@click.option("--python-version", metavar="X.Y", default=LOCK_PYTHON, show_default=True, help="Python of the images.")
def wheels(folder: Path, names: Sequence[str], python_version: str) -> None:
    """Fill DIR with the wheels that the locks of the images ask for.

    Uses pip as it is configured here. Debian 12 images have Python 3.11, Ubuntu 24.04 images 3.12. Run this with the
    same Python: packages that exist as source only are then made into wheels; else they are an error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if importlib.util.find_spec("pip") is None:
        raise Unavailable("this Python has no pip; run: python -m ensurepip")
    for image in with_locks(names):
        click.echo(f"==> {image.name}")
        command = [sys.executable, "-m", "pip", *pip_arguments(folder, python_version), f"--requirement={image.lock}"]
        if subprocess.run(command, check=False).returncode:
            raise click.ClickException(f"pip did not get the wheels of {image.name}; its lines above say why")
    found = list(folder.glob("*.whl"))
    click.echo(f"{folder}: {len(found)} wheels, {megabytes(sum(wheel.stat().st_size for wheel in found))}")
