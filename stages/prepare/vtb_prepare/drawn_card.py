"""The card of a dataset for models that draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vtb.artifact import ShardEntry
from vtb.report.card import DatasetCard, license_of, write_card


def drawn_card(
    what: str,
    made_with: str,
    rows: Mapping[str, Sequence[Any]],
    metadata: Mapping[str, str],
    shards: Sequence[ShardEntry],
    inputs: Sequence[str],
) -> str:
    """Rows by split, and the file that lists each split."""
    counts = {split: len(found) for split, found in rows.items()}
    tasks = {row["task_type"] for found in rows.values() for row in found}
    columns = dict.fromkeys(name for found in rows.values() for row in found[:1] for name in row)
    return write_card(
        DatasetCard(
            title=f"{sum(counts.values()):,} {what}, for DiffSynth-Studio",
            tags=("visual-reasoning", *sorted(tasks)),
            license=license_of(inputs),
            rows=sum(counts.values()),
            bytes=sum(shard.all_bytes for shard in shards),
            data_files={split: metadata[split] for split, count in counts.items() if count},
            features=[_feature(name, rows) for name in columns],
            made_with=made_with,
            counts=counts,
            picture=None,
            layout="`for t in media/*.tar; do tar xf $t; done` in this folder unpacks the media that the rows name; "
            f"then `--dataset_base_path` is this folder and `--dataset_metadata_path` its `{metadata['train']}`.",
        )
    )


def _feature(name: str, rows: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    value = next(row[name] for found in rows.values() for row in found)
    return {"name": name, "list": "string"} if isinstance(value, list) else {"name": name, "dtype": "string"}
