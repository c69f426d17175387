"""The dataset card: a README.md whose head tells the Hugging Face ``datasets`` library how to load the data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

import vtb
from vtb.errors import VtbError
from vtb.report.features import Features
from vtb.store import open_store

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
ASKED = "visual-question-answering"
OURS, OTHER = "cc0-1.0", "other"  # what we generate is nobody's work; of others' data nothing is known here
_LICENSE = re.compile(rb"^license: *(\S+) *$", re.MULTILINE)


def uses(*, clips: bool) -> tuple[str, ...]:
    """What puzzles with their solutions can be used for."""
    return (ASKED, "image-to-image", *(("image-to-video",) if clips else ()))


def license_of(uris: Iterable[str]) -> str:
    """The license that the cards of all inputs name; ``other`` where one has none, or another."""
    found = {_license_of(uri) for uri in uris}
    return found.pop() if len(found) == 1 else OTHER


def _license_of(uri: str) -> str:
    try:
        head = open_store(uri).get_bytes("README.md").partition(b"\n---\n")[0]
    except VtbError:  # a folder without a card, or a single file
        return OTHER
    match = _LICENSE.search(head)
    return match[1].decode(errors="replace") if match else OTHER


@dataclass(frozen=True)
class DatasetCard:
    """What a card says.

    Attributes:
        title: the heading.
        tags: for search on a hub, such as the kinds of puzzles.
        uses: what the rows can be used for, as the hub names it.
        rows: samples.
        bytes: size of the data.
        data_files: pattern of the files of each split.
        made_with: the command.
        counts: samples per stream or split.
        distinct: different puzzles among them, where counted.
        possible: how many different puzzles each stream could make; None where unknown.
        rejected: share of the draws that did not meet the constraints, of the streams that draw until one does.
        difficulty: min, mean and max of each figure per stream.
        picture: a picture of samples beside the card, if there is one.
        pages: pages beside the card, by what they show.
        layout: what the files are; the layout of WebDataset shards when left out.
        license: of the data, as the hub names it (``license_of`` where it comes from inputs).
        shortcuts: by task, what answers its puzzles without the drawing.
        features: the schema of the data for the ``datasets`` library (``vtb.report.features``).
    """

    title: str
    tags: tuple[str, ...]
    rows: int
    bytes: int
    data_files: Mapping[str, str]
    made_with: str
    counts: Mapping[str, int]
    distinct: int | None = None
    possible: Mapping[str, float | None] = field(default_factory=dict)
    rejected: Mapping[str, float] = field(default_factory=dict)
    difficulty: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    picture: str | None = None
    pages: Mapping[str, str] = field(default_factory=dict)
    layout: str = ""
    license: str = OURS
    uses: tuple[str, ...] = (ASKED,)
    features: Features = field(default_factory=list)
    shortcuts: Mapping[str, str] = field(default_factory=dict)


def write_card(card: DatasetCard) -> str:
    """The card as Markdown."""
    parts = [_head(card), f"# {card.title}\n", _summary(card)]
    parts += [f"![samples]({card.picture})\n"] if card.picture else []
    parts += [_pages(card)] if card.pages else []
    parts += [_shortcuts(card)] if card.shortcuts else []
    parts += [_counts(card), _difficulty(card), card.layout + "\n" if card.layout else _layout(card), LOADING]
    return "\n".join(part for part in parts if part)


def _head(card: DatasetCard) -> str:
    files = [{"split": split, "path": pattern} for split, pattern in card.data_files.items()]
    head: dict[str, Any] = {
        "configs": [{"config_name": "default", "data_files": files}],
        "dataset_info": {"config_name": "default", "features": card.features},
        "task_categories": list(card.uses),
        "tags": list(card.tags),
        "size_categories": [next((name for limit, name in SIZES if card.rows < limit), "1M<n<10M")],
        "license": card.license,
    }
    return f"---\n{yaml.dump(head, Dumper=_Plain, sort_keys=False)}---\n"


class _Plain(yaml.SafeDumper):
    """Without aliases, which a reader of a card need not know."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def _summary(card: DatasetCard) -> str:
    text = f"{card.rows:,} samples, {card.bytes / 1e6:,.1f} MB. "
    text += f"Made by `{card.made_with}` of vtb-train {vtb.__version__}."
    if card.distinct is not None:
        twice = f"{card.distinct:,} different puzzles are among them, the others are repeats."
        text += f" {'No puzzle comes twice.' if card.distinct >= card.rows else twice}"
    return text + " How it was made is in `manifest.json`.\n"


def _shortcuts(card: DatasetCard) -> str:
    said = "; ".join(f"`{task}`: {what}" for task, what in card.shortcuts.items())
    return f"By the nature of the task, some puzzles can be answered without looking at the drawing. {said}.\n"


def _pages(card: DatasetCard) -> str:
    return "Beside this file: " + ", ".join(f"[{what}]({path})" for what, path in card.pages.items()) + ".\n"


def _counts(card: DatasetCard) -> str:
    columns: dict[str, list[str]] = {"samples": [f"{count:,}" for count in card.counts.values()]}
    if card.possible:
        columns["different puzzles possible"] = [_amount(card.possible.get(name)) for name in card.counts]
    if card.rejected:
        columns["draws rejected"] = [f"{100 * card.rejected[name]:.1f} %" for name in card.counts]
    lines = [" | ".join(["| part", *columns]) + " |", "|---" + "|---:" * len(columns) + "|"]
    lines += [f"| {' | '.join(row)} |" for row in zip(card.counts, *columns.values(), strict=True)]
    return "\n".join(lines) + "\n"


def _amount(space: float | None) -> str:
    if space is None:
        return "too many to count"
    return f"{space:,.0f}" if space < 1e15 else f"{space:.1e}"


def _difficulty(card: DatasetCard) -> str:
    rows = [
        f"| {stream} | {name} | {figures['min']:g} | {figures['mean']:g} | {figures['max']:g} |"
        for stream, fields in card.difficulty.items()
        for name, figures in fields.items()
    ]
    return "\n".join(["| part | figure | min | mean | max |", "|---|---|---:|---:|---:|", *rows, ""]) if rows else ""


def _layout(card: DatasetCard) -> str:
    return (
        "Each sample is `<key>.json` (the example; its `payload`, which differs between tasks, is JSON text), "
        "`<key>.puzzle.png` and `<key>.solution.png`, where they were asked for also `<key>.solution.mp4` (a clip that "
        "ends in the solution) and `<key>.reasoning.png` (with printed names of its parts).\n"
    )


LOADING = """```python
from datasets import load_dataset

data = load_dataset("path/to/this/folder")
```
"""
