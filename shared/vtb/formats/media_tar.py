"""Media packed per shard: one tar of pictures and clips, whose members are named as rows name them.

A store likes few large objects better than tens of thousands of small ones. ``tar xf`` of every such file in the
artifact's folder gives the tree that the rows name.
"""

from __future__ import annotations

import shutil
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
            for member in tar:
                _extract(tar, member, folder)
    except (tarfile.TarError, ValueError, OverflowError, EOFError, FileExistsError, NotADirectoryError) as error:
        raise BadInput(f"{archive}: cannot be unpacked ({error}): make the artifact again") from error


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """One plain file; the library's own filters are not in every Python 3.10 and 3.11."""
    parts = member.name.split("/")
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or {"", ".", ".."} & set(parts):
        raise tarfile.TarError(f"{member.name!r} is no plain file below it")
    content = tar.extractfile(member)
    assert content is not None  # it is a file
    place = folder.joinpath(*parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as file:
        shutil.copyfileobj(content, file)
