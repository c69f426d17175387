"""What our own classes are called where models say what they are."""

from __future__ import annotations

from pathlib import Path

from vtb.artifact.model_folder import read_json

# ``model_type`` of the models that geometry is added to, and of what they become.
KINDS = {"qwen2_5_vl": "vtb_qwen2_5_vl_geometry", "qwen3_vl": "vtb_qwen3_vl_geometry"}


def has_geometry(folder: Path) -> bool:
    """Whether the model in a folder is one with geometry."""
    path = folder / "config.json"
    content = read_json(path) if path.is_file() else {}
    return isinstance(content, dict) and content.get("model_type") in KINDS.values()
