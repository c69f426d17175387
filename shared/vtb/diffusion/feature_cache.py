"""Features of samples on disk, each under a hash of everything that made it, so that no stale one can be read.

That is the sample's words and files, the frozen parts of the model, and how they were used: whoever changes a puzzle or
the model finds other names. Any number of processes may fill it at once.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vtb.artifact.local import ends_digest
from vtb.diffusion.features import TARGET, Features
from vtb.diffusion.rows import Row
from vtb.diffusion.variants import Variant

_FORMAT = 1  # of the features; raised when the same sample gives others than before


def maker_digest(variant: Variant, folder: Path, settings: Mapping[str, Any]) -> str:
    """A hash of what makes features: the model's frozen parts by their ends, the engine, and the settings."""
    files = variant.find(folder)
    paths = [Path(path) for part in ("text_encoder", "vae") for path in files[part]]
    for tool in filter(None, (variant.tokenizer, variant.processor)):
        paths += sorted(path for path in (folder / tool).rglob("*") if path.is_file())
    how = f"{_FORMAT} {variant.name} {version('diffsynth')} {sorted(settings.items())}"
    return hashlib.sha256(f"{how} {ends_digest(folder, paths)}".encode()).hexdigest()


@dataclass(frozen=True)
class FeatureCache:
    """A folder of features; ``maker`` is the digest of what makes them."""

    folder: Path
    maker: str

    def key(self, row: Row) -> str:
        """The name of a row's features; reads its files."""
        digest = hashlib.sha256(f"{self.maker}\0{row.prompt}".encode(errors="replace"))
        for path in (row.target, *row.shown):
            digest.update(b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def get(self, key: str, make: Callable[[], Features]) -> Features:
        """The features under a name, made where they are missing or damaged."""
        path = self.folder / key[:2] / f"{key}.safetensors"
        return self._read(path) or self._write(path, make())

    def _read(self, path: Path) -> Features | None:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            found = dict(load_file(path))
        except (FileNotFoundError, SafetensorError):
            return None
        return found if TARGET in found else None

    def _write(self, path: Path, features: Features) -> Features:
        from safetensors.torch import save_file

        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=".part-", dir=path.parent)
        os.close(handle)
        try:
            save_file(dict(features), draft)
            os.chmod(draft, 0o644)  # others may share the cache
            os.replace(draft, path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return features
