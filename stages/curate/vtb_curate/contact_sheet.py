"""The contact sheet of a curated set: the first samples of its first shards."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from vtb.artifact import ShardEntry
from vtb.datasets.readers import shard_samples
from vtb.media.image import decode_image
from vtb.puzzles.sample import PUZZLE, SOLUTION
from vtb.report.contact_sheet import Row, contact_sheet
from vtb.store import Store

SHOWN = 12


def sheet(store: Store, shards: Sequence[ShardEntry]) -> bytes:
    """A dozen samples as one PNG."""
    samples = itertools.islice(shard_samples(store.uri, shards[0], "run curate again"), SHOWN)
    return contact_sheet(
        [Row(sample.key, [decode_image(sample.parts[part]) for part in (PUZZLE, SOLUTION)]) for sample in samples]
    )
