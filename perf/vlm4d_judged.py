"""VLM4D's released judged answers, counted anew and read by our rule: only where VLM4D names the released folder.

``VLM4D=.../processed_outputs_paper_results python -m perf vlm4d_judged``: how many of the published rows come out to
the digit, and how often our rule and the judge (o4-mini) say the same of an answer.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vtb.benchmarks.registry import Asking
from vtb.benchmarks.vlm4d.benchmark import read
from vtb.benchmarks.vlm4d.judged import judged_table
from vtb.benchmarks.vlm4d.published import PUBLISHED
from vtb.tasks.registry import task_of

PROMPTS = ("cot", "direct-output")


def run() -> Iterator[dict[str, Any]]:
    """Nothing without the folder."""
    if "VLM4D" not in os.environ:
        return
    folder = Path(os.environ["VLM4D"])
    pairs = [(prompt, real, folder / f"synthetic_mc_{prompt}" / real.name)
             for prompt in PROMPTS for real in sorted((folder / f"real_mc_{prompt}").glob("*.json"))]  # fmt: skip
    tables = [judged_table(real, synthetic) for _, real, synthetic in pairs]
    found = [model for model, row in PUBLISHED.items() if row in tables]
    yield {"name": "vlm4d_rows_to_the_digit", "value": len(found), "unit": "models", "target": len(PUBLISHED)}
    for prompt in PROMPTS:
        verdicts = [one for name, *paths in pairs if name == prompt for path in paths for one in _verdicts(path)]
        yield {"name": f"vlm4d_same_verdict_{prompt}", "unit": "%",
               "value": round(100 * sum(ours == judge for ours, judge in verdicts) / len(verdicts), 2),
               "right by our rule": round(100 * sum(ours for ours, _ in verdicts) / len(verdicts), 2),
               "right by the judge": round(100 * sum(judge for _, judge in verdicts) / len(verdicts), 2),
               "answers": len(verdicts)}  # fmt: skip


def _verdicts(path: Path) -> Iterator[tuple[bool, bool]]:
    """Of each answer in a file: whether it is right by our rule, and by the judge."""
    items = json.loads(path.read_text())
    kind = "real" if path.parent.name.startswith("real") else "synthetic"
    rows = [{**item, "video": f"videos_{kind}/x.mp4", "answer": item["ground_truth_answer"]} for item in items]
    with tempfile.TemporaryDirectory() as place:
        asked = Path(place) / "questions.json"
        asked.write_text(json.dumps(rows))
        for item, asking in zip(items, read(asked), strict=True):
            assert isinstance(asking, Asking)
            score = task_of(asking.example).score_text(asking.example.payload, item["response"] or "")
            yield score.strict, item["correct"]
