"""Where and with what an artifact was made: the half of the manifest that never enters a hash."""

from __future__ import annotations

import os
import platform
import subprocess
import uuid
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import vtb

# The tools whose version can change what an artifact looks like.
TOOLS = (
    "numpy", "opencv-python-headless", "pillow", "isal", "av", "minio",
    "torch", "transformers", "peft", "ms-swift", "trl", "deepspeed", "diffsynth", "accelerate", "safetensors",
)  # fmt: skip


def run_info(started: datetime) -> dict[str, Any]:
    """Run id, times, versions, git commit and image digest of this process."""
    now = datetime.now(timezone.utc)
    return {
        "id": uuid.uuid4().hex,
        "started": started.isoformat(timespec="seconds"),
        "finished": now.isoformat(timespec="seconds"),
        "duration_s": round((now - started).total_seconds(), 3),
        "vtb": vtb.__version__,
        "git": git_commit(),
        "image": _text(os.environ.get("VTB_IMAGE_DIGEST") or os.environ.get("VTB_IMAGE")),
        "tools": {"python": platform.python_version(), **tool_versions()},
    }


def tool_versions() -> dict[str, str]:
    """Versions of the installed tools, found without importing them."""
    found = {}
    for name in TOOLS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def git_commit() -> str | None:
    """The commit of the source tree: from the image's label, else from git, else unknown."""
    if revision := os.environ.get("VTB_REVISION"):
        return _text(revision)
    root = Path(vtb.__file__).resolve().parents[2]
    if not (root / ".git").exists():  # installed from a wheel: a repository further up is somebody else's
        return None
    try:
        result = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True, text=True, timeout=5, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.strip() or None


def _text(value: str | None) -> str | None:
    """An environment variable may hold any bytes; a manifest holds UTF-8."""
    return value.encode(errors="replace").decode() if value else None
