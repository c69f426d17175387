"""Captions in the forms of 4D-Bench's scripts, and the figures over all of them, which nothing released gives.

``captions/OBJECT.json``: ``{"vtb_caption_4d_baseline": "..."}``, and ``captions_scores/OBJECT.json`` with its measures
(``vtb_caption_4d_baseline_BLEU_1_score``); those of a language model carry its name in place of gpt-4o.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.benchmarks.four_d_bench_captions import NAME
from vtb.benchmarks.four_d_bench_captions.cider import cider
from vtb.benchmarks.four_d_bench_captions.published import COLUMNS
from vtb.benchmarks.registry import Verdict

MODEL = "vtb_caption_4d_baseline"
MARKS = ("gpt_appearance", "gpt_action")  # 0 to 5
_THEIR_NAMES = {
    "cider": "CIDEr", **{f"bleu_{n}": f"BLEU_{n}" for n in range(1, 5)}, "meteor": "METEOR", "rouge": "ROUGE",
    "bert": "BERT", "sbert": "MiniLM",
}  # fmt: skip


def measured(verdicts: Sequence[Verdict]) -> Mapping[str, Mapping[str, Any]]:
    """What is known of each object's first caption, with its CIDEr; of an object without one, nothing."""
    first = {verdict.key.removeprefix(f"{NAME}-"): verdict.details or {} for verdict in reversed(verdicts)}
    rows = {thing: row for thing, row in reversed(first.items()) if "caption" in row}
    scores = cider([row["caption"] for row in rows.values()], [row["references"] for row in rows.values()])
    found = {thing: {**row, "cider": score} for (thing, row), score in zip(rows.items(), scores, strict=True)}
    return {thing: found.get(thing, {}) for thing in reversed(first)}


def files(verdicts: Sequence[Verdict]) -> Mapping[str, bytes]:
    """The files of all objects that have a caption."""
    written: dict[str, bytes] = {}
    for thing, row in measured(verdicts).items():
        if row:
            marks = {name: f"{row.get('judge')}_{name.removeprefix('gpt_')}" for name in MARKS}
            names = {**_THEIR_NAMES, **marks}
            scores = {f"{MODEL}_{theirs}_score": row[name] for name, theirs in names.items() if name in row}
            written[f"captions/{thing}.json"] = _json({MODEL: row["caption"]})
            written[f"captions_scores/{thing}.json"] = _json(scores)
    return written


def columns(verdicts: Sequence[Verdict]) -> Mapping[str, float]:
    """The columns of the published table in per cent, each over all objects; one without a caption is worth 0.

    A measure that any caption lacks (no WordNet, no judge, a reply without a mark) has no column.
    """
    rows = list(measured(verdicts).values())
    said = [row for row in rows if row]
    whole = [name for name in COLUMNS if said and all(name in row for row in said)]
    shares = {name: 100 * sum(row[name] / _most(name) for row in said) / len(rows) for name in whole}
    if all(name in shares for name in MARKS):
        shares["gpt_eval"] = statistics.fmean(shares[name] for name in MARKS)
    return {name: round(shares[name], 2) for name in COLUMNS if name in shares}


def _most(name: str) -> float:
    return 5.0 if name in MARKS else 1.0


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=4, ensure_ascii=False).encode()
