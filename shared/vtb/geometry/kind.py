"""What our own class is called where models say what they are."""

from __future__ import annotations

from pathlib import Path

from vtb.artifact.model_folder import read_json

MODEL_TYPE = "vtb_qwen2_5_vl_geometry"


def has_geometry(folder: Path) -> bool:
    """Whether the model in a folder is one with geometry."""
    path = folder / "config.json"
    content = read_json(path) if path.is_file() else {}
    return isinstance(content, dict) and content.get("model_type") == MODEL_TYPE
