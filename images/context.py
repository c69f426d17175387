"""The build context: only what one image needs, so that an edit elsewhere neither grows nor rebuilds it."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from images.declaration import IMAGES, ROOT, Image
from images.metadata import dist_info
from images.wheels import wheels_for

# A fixed time for every file of a build context, so that the context depends on what the files hold and nothing else.
CONTEXT_TIME = 315532800  # 1980-01-01, the oldest time that zip files can hold

Content = Path | bytes


def files_under(folder: Path) -> Iterator[Path]:
    """List the files that belong to an image: no caches, nothing hidden."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and path.suffix != ".pyc" and not any(p == "__pycache__" or p[0] == "." for p in inside):
            yield path


def folders_of(image: Image) -> list[Path]:
    """The folders of the repository that an image is made from."""
    folders = [IMAGES / image.folder, *(ROOT / name for name in image.files)]
    return [*folders, ROOT / "shared", *image.packages] if image.source else folders


def context_files(image: Image, wheels: Path | None) -> dict[str, Content]:
    """Name every file that the build of one image may see, under its path in the repository."""
    found: list[Path] = [path for folder in folders_of(image) for path in files_under(folder)]
    files: dict[str, Content] = {path.relative_to(ROOT).as_posix(): path for path in found}
    files.update({f"generated/{name}": content for name, content in dist_info(image).items()})
    if image.extra and wheels:
        files.update({f"wheels/{wheel.name}": wheel for wheel in wheels_for(image, wheels)})
    return files


def context_size(files: Mapping[str, Content]) -> int:
    """Bytes that go to Docker."""
    return sum(content.stat().st_size if isinstance(content, Path) else len(content) for content in files.values())


def write_context(files: Mapping[str, Content], out: IO[bytes]) -> None:
    """Write the build context as a tar stream that depends only on names, contents and the executable bit."""
    with tarfile.open(fileobj=out, mode="w|") as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = context_size({name: content})
            entry.mode = 0o755 if isinstance(content, Path) and content.stat().st_mode & 0o100 else 0o644
            entry.mtime = CONTEXT_TIME
            with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as data:
                tar.addfile(entry, data)


def git(*arguments: str) -> str:
    """Ask git about the repository; empty when there is no git or no repository."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def revision(image: Image) -> str:
    """Name the last commit that changed what the image holds, so that other commits leave the image as it is."""
    paths = [folder.relative_to(ROOT).as_posix() for folder in folders_of(image)]
    if image.source:
        paths.append("pyproject.toml")  # the entry points
    commit = git("log", "-1", "--format=%H", "--", *paths)
    if not commit:
        return "unknown"
    return f"{commit}-dirty" if git("status", "--porcelain", "--", *paths) else commit
