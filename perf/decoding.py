"""Reading examples on one core, against plain JSON: the row and the payload's text by ``json.loads``, unchecked.

``decode_example`` also checks every type and bound, and that such a puzzle can be.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example
from vtb.tasks.example import encode_example
from vtb.tasks.registry import decode_example

FAMILIES = ("maze_square", "midpoint", "visual_color_grid")
EXAMPLES, REPEATS, ROUNDS = 50, 10, 9
TARGET = 1.0  # of the slowest: reading an example took both calls of json.loads before it was typed


def run() -> list[dict[str, Any]]:
    """One line for each family; the slowest one has the target."""
    figures = [_figure(name) for name in FAMILIES]
    min(figures, key=lambda figure: figure["value"])["target"] = TARGET
    return figures


def _figure(name: str) -> dict[str, Any]:
    family = find_family(name)
    found = [encode_example(make_example(family, family.config_class(), "bench", 1, n)) for n in range(EXAMPLES)]
    # In turn, so that the machine's speed hits all.
    rounds = [[_rate(read, found) for read in (decode_example, json.loads, _as_before)] for _ in range(ROUNDS)]
    ours, row, both = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    return {
        "name": f"decoding_{name}_vs_json",
        "value": round(statistics.median(one / before for one, _, before in rounds), 3),
        "unit": "ratio",
        "examples_per_s": round(ours),
        "json_row_per_s": round(row),
        "json_row_and_payload_per_s": round(both),
        "bytes": round(statistics.mean(map(len, found))),
    }


def _as_before(data: bytes) -> Any:
    return json.loads(json.loads(data)["payload"])


def _rate(read: Callable[[bytes], Any], found: list[bytes]) -> float:
    start = time.perf_counter()
    for _ in range(REPEATS):
        for data in found:
            read(data)
    return REPEATS * len(found) / (time.perf_counter() - start)
