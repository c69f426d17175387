"""Media packed per shard: one tar of pictures and clips, whose members are named as rows name them.

A store likes few large objects better than tens of thousands of small ones. ``tar xf`` of every such file in the
artifact's folder gives the tree that the rows name.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path

from vtb.errors import BadInput

_BLOCK = 512


def pack(media: Mapping[str, bytes]) -> bytes:
    """The files by path as one tar (ustar), in their order and without times."""
    pieces: list[bytes] = []
    for path, data in media.items():
        info = tarfile.TarInfo(path)
        info.size, info.mode = len(data), 0o644
        pieces += [info.tobuf(tarfile.USTAR_FORMAT), data, bytes(-len(data) % _BLOCK)]
    pieces.append(bytes(2 * _BLOCK))
    return b"".join(pieces)


def unpack(archive: Path, folder: Path) -> None:
    """Extract a tar below a folder; links, devices and paths that lead out are refused.

    Raises:
        BadInput: the archive is damaged or holds something else than plain files below it.
    """
    try:
        with tarfile.open(archive, mode="r:") as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
        raise BadInput(f"{archive}: cannot be unpacked ({error}): make the artifact again") from error
