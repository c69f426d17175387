"""An artifact with its packed media as plain files: engines read pictures by path."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from vtb.artifact.local import cache_folder, local_folder, made_whole, verify
from vtb.artifact.manifest import MANIFEST, Manifest
from vtb.formats.media_tar import unpack
from vtb.store import is_remote

_ROWS = (".jsonl", ".json", ".csv")  # in which engines read what there is
PACKED = re.compile(r"media/.+\.tar")


def unpacked_folder(uri: str, manifest: Manifest) -> Path:
    """A complete artifact as a local folder in which the media are files; a copy in the cache is kept by digest.

    Raises:
        BadInput: A file of it has other content than the manifest says.
    """
    packed = [file.path for file in manifest.all_files() if PACKED.fullmatch(file.path)]
    place = cache_folder() / "unpacked" / manifest.digest
    if packed and place.is_dir():
        return place
    folder = local_folder(uri, manifest)
    if not is_remote(uri):  # a copy was checked when it was made
        verify(uri, manifest, folder)
    if not packed:
        return folder
    _unpack(folder, packed, place)
    return place


def _unpack(folder: Path, packed: list[str], place: Path) -> None:
    with made_whole(place) as part:
        for file in sorted(folder.iterdir()):
            if file.suffix in _ROWS and file.name != MANIFEST:
                shutil.copy(file, part / file.name)
        for path in packed:
            unpack(folder / path, part)
