"""What lmms-eval finds by the entry-point group ``lmms_eval.models``: its model ``vtb``."""

from __future__ import annotations

from typing import Any


def manifest() -> Any:
    """Its ``ModelManifest``."""
    from lmms_eval.models.registry_v2 import ModelManifest

    return ModelManifest("vtb", chat_class_path="vtb.kits.lmms_eval.VtbModel")
