"""What we ask of the Docker engine about images that are there."""

from __future__ import annotations

import shutil
import subprocess

from images.declaration import Image, Unavailable, megabytes


def require_docker() -> None:
    """Fail early, and in one line, when images cannot be built here."""
    if not shutil.which("docker"):
        raise Unavailable("docker is not installed; install Docker, or run on a machine that has it")
    done = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines() or ["no answer"]
        raise Unavailable(f"the Docker engine is not available: {reason[-1]}")


def image_id(tag: str) -> str:
    """Ask Docker which image has a tag; empty when none has."""
    command = ["docker", "image", "inspect", "--format={{.Id}}", tag]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def remove_replaced(before: str, tag: str) -> None:
    """Remove the image that has lost its tag to another one; one that a container still runs stays."""
    if before not in ("", image_id(tag)):
        subprocess.run(["docker", "image", "rm", before], capture_output=True, check=False)


def name_build_stage(image: Image, prefix: str) -> None:
    """Tag what the older builder leaves of the build stage: the next build's cache, else an image without a name."""
    filters = ["--filter=dangling=true", f"--filter=label=vtb.build-stage={image.folder}"]
    command = ["docker", "image", "ls", "--quiet", "--no-trunc", *filters]
    newest, *older = [*subprocess.run(command, capture_output=True, text=True, check=False).stdout.split(), ""]
    if newest:
        tag = f"{prefix}/{image.folder}-build:latest"
        before = image_id(tag)
        subprocess.run(["docker", "image", "tag", newest, tag], capture_output=True, check=False)
        for replaced in (before, *older):
            remove_replaced(replaced, tag)


def size_of(tag: str) -> str:
    """Ask Docker how large an image is."""
    command = ["docker", "image", "inspect", "--format={{.Size}}", tag]
    return megabytes(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
