"""Which checkpoints of an engine are whole: each has a marker with the sizes of its files, written last."""

from __future__ import annotations

import json
from pathlib import Path

# Written last into a checkpoint: the sizes of its files, so that a reader can tell that it is whole.
COMPLETE = ".complete"


def mark_complete(checkpoint: Path, step: int) -> None:
    """Writes the marker of a checkpoint whose files are all there."""
    files = {
        path.relative_to(checkpoint).as_posix(): path.stat().st_size
        for path in sorted(checkpoint.rglob("*"))
        if path.is_file() and path.name != COMPLETE
    }
    # Renamed into place, so that nobody reads half a marker.
    draft = checkpoint.parent / f".{checkpoint.name}{COMPLETE}"
    draft.write_text(json.dumps({"step": step, "files": files}, indent=1), encoding="utf-8")
    draft.replace(checkpoint / COMPLETE)


def complete_checkpoints(output_dir: Path) -> list[Path]:
    """Lists the checkpoints that are whole, oldest first.

    The engine deletes old ones while training goes on, so a folder may vanish under its reader: copy first, and count
    the copy only if the checkpoint is still listed after.
    """
    found = [path for path in output_dir.glob("checkpoint-*") if path.name.rpartition("-")[2].isdigit()]
    return sorted((path for path in found if _is_complete(path)), key=_step)


def newest_complete_checkpoint(output_dir: Path) -> Path | None:
    """Returns the whole checkpoint with the most steps, if there is one."""
    found = complete_checkpoints(output_dir)
    return found[-1] if found else None


def _is_complete(checkpoint: Path) -> bool:
    try:
        files = json.loads((checkpoint / COMPLETE).read_text(encoding="utf-8"))["files"]
        return all((checkpoint / name).stat().st_size == size for name, size in files.items())
    except (OSError, ValueError):
        return False


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])
