"""Where samples come from: puzzles artifacts, or folders in the VLMPuzzle layout made by anyone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.artifact import InputEntry, ShardEntry, find_manifest, read_manifest
from vtb.artifact.output import file_sha256
from vtb.artifact.shard_data import read_samples
from vtb.canvas import Image, UnreadableImage, decode_image
from vtb.errors import BadInput
from vtb.formats.vlmpuzzle import data_files, media_file, read_records
from vtb.puzzles import DAMAGE
from vtb.puzzles.sample import PUZZLE, REASONING, RECORD
from vtb.rng import stable_fraction
from vtb.run import input_entry
from vtb.store import is_remote, open_store

RECORDS_PER_PIECE = 512
ADVICE = "run vtb-curate on the data first, which drops bad samples"
FOLDER_KIND = "vlmpuzzle-folder"


@dataclass(frozen=True)
class Piece:
    """A part of an input that one shard of the output is made from.

    Attributes:
        uri: the input.
        path: the shard in an artifact, or the ``data.json`` of a folder.
        rows: samples in it.
        start: first record, for a folder.
        split: the split of a curated shard; None where samples have none yet.
        shard: the manifest's entry of a shard; None for a folder.
    """

    uri: str
    path: str
    rows: int
    start: int = 0
    split: str | None = None
    shard: ShardEntry | None = None


@dataclass(frozen=True)
class Item:
    """One sample as it was found: its record, its picture, and the picture with printed names where it has one."""

    key: str
    record: dict[str, Any]
    puzzle: Image
    reasoning: bytes | None
    split: str | None


def describe_input(uri: str) -> InputEntry:
    """An input for the manifest: an artifact by its digest, a folder by the hash of its ``data.json`` files."""
    store = open_store(uri)
    if not is_remote(uri) and Path(store.uri).is_dir() and find_manifest(store) is None:
        return InputEntry(store.uri, FOLDER_KIND, _folder_digest(Path(store.uri)))
    return input_entry(uri, ("puzzles",))


def _folder_digest(root: Path) -> str:
    return "+".join(file_sha256(file) for file in data_files(root))


def pieces(entry: InputEntry) -> list[Piece]:
    """The parts of one input; a curated test split is left out, it is for evaluation."""
    if entry.kind == FOLDER_KIND:
        return [piece for file in data_files(_root(entry.uri)) for piece in _folder_pieces(entry.uri, file)]
    shards: Sequence[ShardEntry] = read_manifest(entry.uri).shards
    if shards and not shards[0].path.endswith(".tar"):
        return [piece for file in data_files(_root(entry.uri)) for piece in _folder_pieces(entry.uri, file)]
    return [
        Piece(entry.uri, shard.path, shard.rows, split=shard.split, shard=shard)
        for shard in shards
        if shard.split != "test"
    ]


def _root(uri: str) -> Path:
    if is_remote(uri):
        raise BadInput(f"{uri}: a folder in the VLMPuzzle layout must be local: copy it here first")
    return Path(uri)


def _folder_pieces(uri: str, file: Path) -> list[Piece]:
    rows = sum(1 for _ in read_records(file))
    return [
        Piece(uri, str(file), min(RECORDS_PER_PIECE, rows - start), start)
        for start in range(0, rows, RECORDS_PER_PIECE)
    ]


def read_piece(piece: Piece) -> Iterator[Item]:
    """The samples of a piece."""
    return _read_folder(piece) if piece.shard is None else _read_shard(piece, piece.shard)


def _read_shard(piece: Piece, shard: ShardEntry) -> Iterator[Item]:
    for sample in read_samples(piece.uri, shard, ADVICE):
        try:
            puzzle, record = decode_image(sample.parts[PUZZLE]), json.loads(sample.parts[RECORD])
            if not isinstance(record, dict):
                raise ValueError("its record is no object")
        except (UnreadableImage, *DAMAGE) as error:
            raise BadInput(f"{piece.uri}: sample {sample.key} cannot be used ({error}): {ADVICE}") from error
        yield Item(sample.key, record, puzzle, sample.parts.get(REASONING), piece.split)


def _read_folder(piece: Piece) -> Iterator[Item]:
    file = Path(piece.path)
    for record in list(read_records(file))[piece.start : piece.start + piece.rows]:
        try:
            image = media_file(file, record["image"])
            yield Item(str(record["id"]), as_ours(record), decode_image(image.read_bytes()), None, None)
        except (OSError, UnreadableImage, *DAMAGE) as error:
            name = f"record {record.get('id', '?')!r}"
            raise BadInput(f"{file}: {name} cannot be used ({error}): mend or remove it") from error


def as_ours(record: dict[str, Any]) -> dict[str, Any]:
    """A record of the VLMPuzzle layout with the fields of ours that follow from it.

    Raises:
        BadInput: a kind of puzzle that no family here knows.
    """
    if "family" in record:
        return record
    if "maze_grid" not in record:
        raise BadInput(f"record {record.get('id')!r} is not a square maze, the only family so far: leave it out")
    named = {"family": "maze_square", "task": "maze_square", "task_group": "maze"}
    size = record["grid_size"]
    line = {"padding": record.get("padding", [0, 0, 0, 0]), "line_width": max(2, record["cell_size"] // 3)}
    return {**line, **record, **named, "grid_size": [size, size] if isinstance(size, int) else size}


def split_of(item: Item, identity: str, val: float, salt: str) -> str:
    """The split that curate gave, else a stable one by the puzzle."""
    if item.split is not None:
        return item.split
    return "val" if stable_fraction(identity, salt) < val else "train"
