"""Artifacts: prefixes in a store that are complete exactly when their manifest is there."""

from vtb.artifact.manifest import (
    FileEntry,
    InputEntry,
    Manifest,
    Plan,
    ShardEntry,
)
from vtb.artifact.reading import find_manifest, read_manifest

__all__ = ["FileEntry", "InputEntry", "Manifest", "Plan", "ShardEntry", "find_manifest", "read_manifest"]
