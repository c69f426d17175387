"""What the model wrote at each evaluation, with its rewards: as JSON lines, and as a page with the pictures."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.engine.launch import completions_file
from vtb.media.image import decode_image, encode_rgb
from vtb.report.pages import Picture, render
from vtb.report.thumbnail import thumbnail
from vtb.rewards.engines import part_names
from vtb.rewards.registry import rewards
from vtb.rewards.reward import total
from vtb_train_vlm.job import Job

FILE, PAGE = "completions.jsonl", "completions.html"
SHOWN, STEPS, SIDE = 12, 6, 320  # rows and evaluations of each on the page; pixels of a picture's longer side
Written = dict[str, Any]


@dataclass(frozen=True)
class Writing:
    """Where completions lie, and what they are about.

    Attributes:
        file: what the model wrote, a line of JSON each.
        asked: the rows that were asked about.
        dataset: the folder of their pictures.
        weights: of the reward's parts.
        generations: completions of each row.
    """

    file: Path
    asked: Path
    dataset: Path
    weights: Mapping[str, float]
    generations: int


def keep_completions(job: Job, weights: Path) -> None:
    """Writes both into the artifact's folder, by step, row and reward."""
    engine_names = list(job.method["reward_funcs"])
    reward = next(reward for name, reward in rewards().items() if part_names(name) == engine_names)
    parts = dict(zip(reward.weights, job.method["reward_weights"], strict=True))
    asked = job.dataset_dir / str(job.val_file)
    file, generations = completions_file(job.output_dir), int(job.method["num_generations"])
    write_completions(Writing(file, asked, job.dataset_dir, parts, generations), weights)


def write_completions(writing: Writing, folder: Path) -> None:
    """Writes both, unless nothing was written."""
    rows = sorted(_rows(writing), key=lambda row: (row["step"], row["id"], -row["reward"], row["completion"]))
    if rows:
        (folder / FILE).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        (folder / PAGE).write_text(_page(writing, rows), encoding="utf-8")


def _rows(writing: Writing) -> Iterator[Written]:
    """Each completion once: a run that was cut off and went on wrote some evaluations twice, word for word."""
    lines = writing.file.read_text(encoding="utf-8").splitlines() if writing.file.exists() else []
    weights, most = writing.weights, writing.generations
    seen: dict[tuple[int, str], int] = {}
    for line in lines:
        row = json.loads(line)
        place = (row["step"], row["id"])
        seen[place] = seen.get(place, 0) + 1
        if seen[place] <= most:
            yield {**row, "reward": total(row["parts"], weights)}


def _page(writing: Writing, rows: Sequence[Written]) -> str:
    steps = sorted({row["step"] for row in rows})
    chosen = set(steps if len(steps) <= STEPS else [steps[n * (len(steps) - 1) // (STEPS - 1)] for n in range(STEPS)])
    asked = {row["id"]: row for row in itertools.islice(_asked(writing), SHOWN)}
    written: dict[str, list[Written]] = {name: [] for name in asked}
    for row in rows:
        if row["step"] in chosen and row["id"] in asked:
            written[row["id"]].append(row)
    shown = [_shown(writing, row, written[name]) for name, row in asked.items()]
    title = "What the model wrote"
    return render("completions.html", title=title, rows=shown, generations=writing.generations)


def _asked(writing: Writing) -> Iterator[dict[str, Any]]:
    """The rows of the dataset that were asked."""
    with writing.asked.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _shown(writing: Writing, row: dict[str, Any], written: Sequence[Written]) -> dict[str, Any]:
    by_step = itertools.groupby(written, key=lambda one: one["step"])
    return {
        "id": row["id"],
        "question": row["messages"][0]["content"] if "messages" in row else row["text_input"],
        "solution": str(row.get("solution", row.get("original_final_answer"))),
        "pictures": [
            _picture(writing.dataset / name) for name in (row.get("images") or row.get("image_input", ()))[:4]
        ],
        "evaluations": [_evaluation(step, list(some)) for step, some in by_step],
    }


def _pictures(row: Mapping[str, Any]) -> Sequence[str]:
    """By both names that datasets have for them."""
    found: Sequence[str] = row.get("images") or row.get("image_input") or ()
    return found


def _evaluation(step: int, written: Sequence[Written]) -> dict[str, Any]:
    mean = sum(one["reward"] for one in written) / len(written)
    return {"step": step, "mean": mean, "shown": written[:1] if len(written) == 1 else [written[0], written[-1]]}


def _picture(path: Path) -> Picture:
    return Picture("as it was asked", encode_rgb(thumbnail(decode_image(path.read_bytes()), SIDE)))
