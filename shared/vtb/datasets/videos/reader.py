"""Which videos questions are made about, from any form in which somebody has chosen them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from vtb.artifact import read_manifest
from vtb.artifact.manifest import MANIFEST, PLAN, ShardEntry
from vtb.datasets.videos.legacy import CLASSES, DYNAMIC, read_agent_object, read_dynamic_videos
from vtb.datasets.videos.record import KEPT, KIND, Video, VideoRow, decode_rows
from vtb.errors import BadInput
from vtb.regular_file import read_regular
from vtb.store import ObjectTooLarge, is_remote, open_store

MOST_BYTES = 1 << 28


def read_videos(place: str) -> list[Video]:
    """The chosen videos, in the order of the form.

    Args:
        place: a ``videos`` artifact, whose kept rows are taken; or a folder with ``dynamic_videos.json``,
            ``agent_object.csv`` or both, of which the first says the videos and the second their classes; or one of
            these files.

    Raises:
        BadInput: it is none of these, is damaged, or says two things of one video.
    """
    return list(_by_name(place, _read(place)).values())


def _by_name(place: object, videos: Iterable[Video]) -> dict[str, Video]:
    """Each video once; files that several runs were merged into repeat some."""
    found = dict[str, Video]()
    for video in videos:
        if found.setdefault(video.name, video) != video:
            raise BadInput(f"{place}: says two things of the video {video.name!r}: leave one of them out")
    return found


def _read(place: str) -> Iterator[Video]:
    path = Path(place.removeprefix("file://"))
    if is_remote(place) or any((path / name).exists() for name in (MANIFEST, PLAN)):
        rows = (row for row in read_rows(place) if row.outcome == KEPT)
        return (Video(row.video, row.agents, row.objects, row.category, row.caption) for row in rows)
    if path.is_dir():
        return iter(_read_folder(path))
    return iter(read_agent_object(path) if path.suffix.lower() == ".csv" else read_dynamic_videos(path, _bytes(path)))


def read_rows(uri: str) -> Iterator[VideoRow]:
    """Every row of a ``videos`` artifact, kept or not.

    Raises:
        BadInput: it is no such artifact, or damaged.
    """
    for shard in read_manifest(uri, (KIND,)).shards:
        yield from decode_rows(_shard(uri, shard), f"{uri}/{shard.path}")


def _shard(uri: str, shard: ShardEntry) -> bytes:
    try:
        data = open_store(uri).get_bytes(shard.path, shard.bytes)
    except ObjectTooLarge:
        data = b""
    if hashlib.sha256(data).hexdigest() != shard.sha256:
        raise BadInput(f"{uri}/{shard.path}: its content is not what the manifest says: make the artifact again")
    return data


def _read_folder(folder: Path) -> list[Video]:
    dynamic, classes = folder / DYNAMIC, folder / CLASSES
    if not dynamic.exists():
        if not classes.exists():
            raise BadInput(f"{folder}: holds no videos artifact, and neither {DYNAMIC} nor {CLASSES}")
        return read_agent_object(classes)
    chosen = read_dynamic_videos(dynamic, _bytes(dynamic))
    known = _by_name(classes, read_agent_object(classes)) if classes.exists() else {}
    return [replace(known.get(video.name, video), category=video.category) for video in chosen]


def _bytes(path: Path) -> bytes:
    try:
        return read_regular(path, MOST_BYTES)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
