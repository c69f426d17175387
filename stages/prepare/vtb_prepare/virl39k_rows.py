"""Which rows of ViRL39K are learned from, the rows of the engine, and the card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from vtb.artifact import ShardEntry
from vtb.benchmarks.common.categories import task_name
from vtb.benchmarks.common.picture_question import GROUP
from vtb.benchmarks.registry import LeftOut
from vtb.benchmarks.virl39k import NAME
from vtb.benchmarks.virl39k.questions import NO_PICTURE, VirlRow
from vtb.errors import BadInput
from vtb.formats import swift
from vtb.formats.special_tokens import neutral
from vtb.report.card import DatasetCard, write_card
from vtb.report.features import Features, sft_features
from vtb.tasks.example import encode_example
from vtb_prepare.virl39k_options import Options

RATES = ("pass_rate_32b", "pass_rate_7b")
OWN = ("category", "source", *RATES)  # columns beside those of every such row
PUBLISHED = ("question", "answer", "category", "source", "qid", "image", "PassRate_32BTrained", "PassRate_7BBase")


def chosen_rows(rows: Sequence[VirlRow | LeftOut], options: Options) -> tuple[list[VirlRow], Counter[str]]:
    """The rows that the options keep, and how many the others are, by reason.

    Raises:
        BadInput: no row has a category that is asked for.
    """
    categories = {row.category for row in rows if isinstance(row, VirlRow)}
    known = {task_name(NAME, category) for category in categories}
    missing = next((name for name in options.category if task_name(NAME, name) not in known), None)
    if missing is not None:
        raise BadInput(f"--category {missing!r}: no row has it: choose from {', '.join(sorted(categories))}")
    kept, reasons = list[VirlRow](), Counter[str]()
    for row in rows:
        why = row.why if isinstance(row, LeftOut) else why_not(row, options)
        if why:
            reasons[why] += 1
        elif isinstance(row, VirlRow):
            kept.append(row)
    return kept, reasons


def why_not(row: VirlRow, options: Options) -> str:
    """Why a row is left out; empty where it is kept."""
    wanted = {task_name(NAME, name) for name in options.category}
    if wanted and row.example.task not in wanted:
        return "of another category"
    if not row.pictures and not options.text_only:
        return NO_PICTURE
    if row.pass_rate_32b is None:
        return "" if options.unannotated else "has no pass rate"
    if row.pass_rate_32b < options.min_pass_rate:
        return "pass rate below --min-pass-rate"
    return "pass rate above --max-pass-rate" if row.pass_rate_32b > options.max_pass_rate else ""


def row_of(row: VirlRow, images: Sequence[str], split: str) -> dict[str, Any]:
    """A neutral row, from which that of the engine is made."""
    example = row.example
    published = {name: value for name in PUBLISHED if (value := row.published.get(name)) is not None}
    rates = {"PassRate_32BTrained": row.pass_rate_32b, "PassRate_7BBase": row.pass_rate_7b}
    return {
        "id": example.key, "split": split, "shown": [["image", [path]] for path in images],
        "question": neutral(example.prompts.vlm), "answer": neutral(example.answer), "task_type": example.task,
        "task_group": GROUP, "example": encode_example(structs.replace(example, media=())).decode(),
        "category": row.category, "source": row.source, "pass_rate_32b": row.pass_rate_32b,
        "pass_rate_7b": row.pass_rate_7b,
        "published": {**published, **{name: -1.0 if rate is None else rate for name, rate in rates.items()}},
    }  # fmt: skip


def grpo_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A question whose answer only the reward sees, with what is known of it."""
    return {**swift.grpo_row(row), **{name: row[name] for name in OWN}}


def card_of(shards: Sequence[ShardEntry], counts: Mapping[str, int]) -> str:
    """The dataset card."""
    floats: Features = [{"name": name, "dtype": "float64"} for name in RATES]
    rows = sum(counts.values())
    return write_card(
        DatasetCard(
            title=f"{rows:,} questions of ViRL39K, for ms-swift",
            tags=("visual-reasoning", *sorted({task for shard in shards for task in shard.stats["tasks"]})),
            license="mit",
            rows=rows,
            bytes=sum(shard.all_bytes for shard in shards),
            data_files={split: f"{split}_grpo.jsonl" for split, count in counts.items() if count},
            features=[*sft_features(more=("example", "category", "source")), *floats],
            made_with="vtb-prepare virl39k",
            counts=counts,
            picture=None,
            layout="The pictures are in `media/`; `for t in media/*.tar; do tar xf $t; done` in this folder unpacks "
            "them. Only `solution` and `example` have the answer. `held_out.jsonl` has the rows of val as they were "
            "published.",
        )
    )
