"""Models with geometry made known to transformers, which has to be told of a class that is not its own."""

from __future__ import annotations

from pathlib import Path

from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb.geometry.kind import has_geometry


def make_known(folder: Path) -> None:
    """Tell transformers' Auto classes of the model in a folder, if it is one with geometry."""
    if has_geometry(folder):
        allow_cpu_torchvision()
        from vtb.geometry.qwen import register

        register()
