"""What the model wrote at each evaluation, with its rewards: as JSON lines, and as a page with the pictures."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from vtb.engine.launch import completions_file
from vtb.media.image import decode_image, encode_rgb
from vtb.report.pages import Picture, render
from vtb.report.thumbnail import thumbnail
from vtb.rewards.reward import total
from vtb_train_vlm.job import Job

FILE, PAGE = "completions.jsonl", "completions.html"
SHOWN, STEPS, SIDE = 12, 6, 320  # rows and evaluations of each on the page; pixels of a picture's longer side
Written = dict[str, Any]


def keep_completions(job: Job, weights: Path) -> None:
    """Writes both into the artifact's folder, by step, row and reward."""
    rows = sorted(_rows(job), key=lambda row: (row["step"], row["id"], -row["reward"], row["completion"]))
    if rows:
        (weights / FILE).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        (weights / PAGE).write_text(_page(job, rows), encoding="utf-8")


def _rows(job: Job) -> Iterator[Written]:
    """Each completion once: a run that was cut off and went on wrote some evaluations twice, word for word."""
    path = completions_file(job.output_dir)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [name.partition("_")[2] for name in job.method["reward_funcs"]]
    weights = dict(zip(names, job.method["reward_weights"], strict=True))
    most = int(job.method["num_generations"])
    seen: dict[tuple[int, str], int] = {}
    for line in lines:
        row = json.loads(line)
        place = (row["step"], row["id"])
        seen[place] = seen.get(place, 0) + 1
        if seen[place] <= most:
            yield {**row, "reward": total(row["parts"], weights)}


def _page(job: Job, rows: Sequence[Written]) -> str:
    steps = sorted({row["step"] for row in rows})
    chosen = set(steps if len(steps) <= STEPS else [steps[n * (len(steps) - 1) // (STEPS - 1)] for n in range(STEPS)])
    asked = {row["id"]: row for row in itertools.islice(_asked(job), SHOWN)}
    written: dict[str, list[Written]] = {name: [] for name in asked}
    for row in rows:
        if row["step"] in chosen and row["id"] in asked:
            written[row["id"]].append(row)
    shown = [_shown(job, row, written[name]) for name, row in asked.items()]
    generations = job.method["num_generations"]
    return render("completions.html", title="What the model wrote", rows=shown, generations=generations)


def _asked(job: Job) -> Iterator[dict[str, Any]]:
    """The rows of the dataset that were asked."""
    with (job.dataset_dir / str(job.val_file)).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _shown(job: Job, row: dict[str, Any], written: Sequence[Written]) -> dict[str, Any]:
    by_step = itertools.groupby(written, key=lambda one: one["step"])
    return {
        "id": row["id"],
        "question": row["messages"][0]["content"],
        "solution": str(row["solution"]),
        "pictures": [_picture(job.dataset_dir / name) for name in row.get("images", ())[:4]],
        "evaluations": [_evaluation(step, list(some)) for step, some in by_step],
    }


def _evaluation(step: int, written: Sequence[Written]) -> dict[str, Any]:
    mean = sum(one["reward"] for one in written) / len(written)
    return {"step": step, "mean": mean, "shown": written[:1] if len(written) == 1 else [written[0], written[-1]]}


def _picture(path: Path) -> Picture:
    return Picture("as it was asked", encode_rgb(thumbnail(decode_image(path.read_bytes()), SIDE)))
