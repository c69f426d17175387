"""Images for the tests: the light ones, built once from this tree, or found as they are."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from images import build as build_images

ROOT = Path(__file__).parents[1]
LIGHT = ("gen-maze", "curate", "prepare")
GENERATORS = ("gen-eyeballing", "gen-visual", "gen-arc", "gen-rooms")  # the same layers as gen-maze, other entry points
CLUSTER = ("launcher", "dev-store")
HEAVY = ("train-vlm", "eval")
HARDENED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--tmpfs", "/tmp", "--tmpfs", "/cache")  # fmt: skip
LABEL = "org.opencontainers.image."


@dataclass(frozen=True)
class Done:
    """How a container ended."""

    code: int
    out: str
    err: str


def builder() -> ModuleType:
    """images/build.py."""
    return build_images


def docker(*words: object, timeout: float = 120, cwd: Path | None = None) -> Done:
    """Run the docker command."""
    line = ["docker", *(str(word) for word in words)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=timeout, cwd=cwd, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def inspect(what: str) -> dict[str, Any]:
    """What the engine knows of an image or a container."""
    found = docker("inspect", what)
    assert found.code == 0, found.err
    (entry,) = json.loads(found.out)
    return dict(entry)


def containers(key: str, value: str) -> list[str]:
    """The containers with a label, running or not."""
    return docker("ps", "-aq", "--no-trunc", "--filter", f"label={key}={value}").out.split()


def tag(name: str) -> str:
    """The tag of an image, with the version of this tree."""
    return f"vtb/{name}:{builder().version()}"


def without(reason: str) -> None:
    """Skip, or fail where the tests must really run."""
    if os.environ.get("VTB_REQUIRE_DOCKER") == "1":
        pytest.fail(f"VTB_REQUIRE_DOCKER=1, but {reason}")
    pytest.skip(reason)


@functools.cache
def missing_engine() -> str:
    """Why no image can be built here; empty when one can."""
    try:
        answer = docker("version", "--format", "{{.Server.Version}}", timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"there is no docker command: {error}"
    if answer.code != 0:
        return f"no Docker engine answers: {answer.err.strip().splitlines()[-1:]}"
    base = os.environ.get("VTB_BASE_IMAGE", "vtb/local-base")
    if docker("image", "inspect", base).code != 0:
        return f"the base image {base} is not here: make image-base-local, or set VTB_BASE_IMAGE"
    return ""


@functools.cache
def build(names: tuple[str, ...]) -> None:
    """Make sure that these images hold what the tree holds now; two test processes take turns."""
    if reason := missing_engine():
        without(reason)
    with (Path(tempfile.gettempdir()) / "vtb-tests-build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.environ.get("VTB_TEST_REBUILD") or not all(is_current(name) for name in ("base", *names)):
            _build(names)


def is_current(name: str) -> bool:
    """Whether an image was built from the commit that is checked out; from changed files nobody can tell."""
    found = docker("image", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}revision"}}}}', tag(name))
    revision = builder().revision(builder().load_images()[name])
    return found.code == 0 and found.out.strip() == revision != "unknown" and not revision.endswith("-dirty")


def _build(names: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheels = os.environ.get("VTB_TEST_WHEELS")
        if not wheels:
            wheels = folder
            _run("wheels", folder, *names)
        base = os.environ.get("VTB_BASE_IMAGE", "vtb/local-base")
        _run(*names, "--base-image", base, "--wheels", wheels)


def _run(*words: str) -> None:
    command = [sys.executable, str(ROOT / "images" / "build.py"), *words]
    # A secret that is there during the build must not get into an image.
    env = {**os.environ, "HF_TOKEN": BUILD_SECRET, "AWS_SECRET_ACCESS_KEY": BUILD_SECRET}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(words)}: {(done.stdout + done.stderr)[-3000:]}")


BUILD_SECRET = "vtb-test-secret-of-the-build-4b1d"
