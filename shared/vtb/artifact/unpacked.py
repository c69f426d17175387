"""An artifact with its packed media as plain files: engines read pictures by path."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from vtb.artifact.local import cache_folder, local_artifact, made_whole, verify
from vtb.artifact.manifest import InputEntry
from vtb.artifact.reading import read_manifest
from vtb.formats.media_tar import unpack
from vtb.store import is_remote

PACKED = re.compile(r"media/.+\.tar")


def unpacked_artifact(uri: str, kinds: tuple[str, ...]) -> tuple[Path, InputEntry]:
    """A complete artifact as a local folder in which the media are files; a copy in the cache is kept by digest."""
    folder, entry = local_artifact(uri, kinds)
    manifest = read_manifest(uri)
    packed = [file.path for file in manifest.all_files() if PACKED.fullmatch(file.path)]
    if not packed:
        return folder, entry
    place = cache_folder() / "unpacked" / entry.digest
    if not place.is_dir():
        if not is_remote(uri):  # a copy was checked when it was made
            verify(uri, manifest, folder)
        _unpack(folder, packed, place)
    return place, entry


def _unpack(folder: Path, packed: list[str], place: Path) -> None:
    with made_whole(place) as part:
        for file in sorted(folder.glob("*.jsonl")):
            shutil.copy(file, part / file.name)
        for path in packed:
            unpack(folder / path, part)
