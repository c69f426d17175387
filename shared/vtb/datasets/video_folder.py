"""Where videos lie below a folder, and what those of a benchmark look like."""

from __future__ import annotations

import functools
import hashlib
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtb.errors import BadInput
from vtb.formats.leftovers import left_behind
from vtb.media.endings import VIDEOS
from vtb.media.frames import PICTURES, looks, sampled_from
from vtb.media.video import UnreadableVideo

log = logging.getLogger("vtb.datasets")
LOOKED_AT = 32  # frames of each video of a benchmark


@dataclass(frozen=True)
class Videos:
    """The videos below a folder.

    Attributes:
        places: file or folder of frames by name: ``dataset/scene`` as it lies, and ``scene`` alone where that is clear.
        digest: of names and sizes.
    """

    places: Mapping[str, Path]
    digest: str

    def find(self, scene: str) -> Path | None:
        """The video of a scene, by its whole name or its last part."""
        return self.places.get(scene) or self.places.get(scene.rpartition("/")[2])


def find_videos(folder: Path) -> Videos:
    """Every video file and every folder of pictures below a folder.

    Raises:
        BadInput: there is none.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: is no folder of videos")
    whole: dict[str, Path] = {}
    sizes = hashlib.sha256()
    for place, files in _walk(folder):
        names = sorted(name for name in files if not left_behind(name))
        for name in names:
            line = f"{os.path.relpath(place, folder)}/{name} {_size(Path(place) / name)}\n"
            sizes.update(line.encode(errors="surrogateescape"))
            if Path(name).suffix.lower() in VIDEOS:
                whole[(Path(place) / name).relative_to(folder).with_suffix("").as_posix()] = Path(place) / name
        if any(Path(name).suffix.lower() in PICTURES for name in names):
            whole[Path(place).relative_to(folder).as_posix()] = Path(place)
    if not whole:
        raise BadInput(f"{folder}: holds no videos ({', '.join(VIDEOS)}) and no folders of pictures")
    return Videos(_by_last_part(whole) | whole, sizes.hexdigest())


def _size(path: Path) -> int:
    """In bytes; -1 of a link to nowhere, which is found to be unreadable where it is asked about."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _walk(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """As ``os.walk``, in the order of the names, and through links to folders, but into none a second time."""
    seen = set[str]()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = [] if real in seen else sorted(name for name in folders if not left_behind(name))
        if real not in seen:
            yield place, files
        seen.add(real)


def _by_last_part(whole: Mapping[str, Path]) -> dict[str, Path]:
    last: dict[str, Path | None] = {}
    for name, path in whole.items():
        alone = name.rpartition("/")[2]
        last[alone] = None if alone in last else path  # two datasets may have a scene of one name
    return {name: path for name, path in last.items() if path is not None}


@functools.cache
def benchmark_looks(folder: Path | None) -> NDArray[np.uint8] | None:
    """What the frames of a benchmark's videos look like, once a process; those that cannot be read are named."""
    if folder is None:
        return None
    seen = []
    for path in sorted(set(find_videos(folder).places.values())):
        try:
            seen.append(looks(sampled_from(path, LOOKED_AT)))
        except UnreadableVideo as error:
            log.warning("%s: %s: nobody has checked whether it is trained on", path, error)
    return np.concatenate(seen) if seen else np.zeros((0, 32), np.uint8)
