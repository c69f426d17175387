"""Copies of what `vtb render` writes into."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_tree(target: Path) -> Path:
    """What is rendered, and what it is rendered from besides the stages, below a folder."""
    for name in ("charts", "docs", "k8s"):
        shutil.copytree(ROOT / name, target / name)
    for name in ("README.md", "images/images.yaml"):
        (target / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    for page in ROOT.glob("stages/*/README.md"):
        folder = target / "stages" / page.parent.name
        folder.mkdir(parents=True)
        shutil.copy(page, folder)
    return target
