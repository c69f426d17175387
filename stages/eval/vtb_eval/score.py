"""``vtb-eval score``: judge predictions and say what they are worth."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from vtb.artifact import FileEntry, Manifest, ShardEntry, read_manifest
from vtb.artifact.manifest import json_bytes
from vtb.artifact.output import Output
from vtb.artifact.shard_data import read_samples
from vtb.canvas import UnreadableImage, decode_image
from vtb.contract import Resources, Stage
from vtb.errors import BadInput
from vtb.formats.webdataset import Sample
from vtb.puzzles import DAMAGE, Score, family_of
from vtb.puzzles.sample import PUZZLE, RECORD
from vtb.run import Run
from vtb.sharded import Made, Task, Tick
from vtb.stage import stage_command
from vtb_eval.page import report_page
from vtb_eval.results import Result, summarise

log = logging.getLogger("vtb.eval")

STAGE = Stage(
    command="vtb-eval score",
    summary="Judge the answers of a model and report how many are right.",
    version=1,
    image="vtb/eval",
    reads=("predictions",),
    writes=("scores",),
    parallel="shards",
    resources=Resources(cpu="2", memory="4Gi"),
)


@dataclass(frozen=True)
class ShardWork:
    """One shard of predictions."""

    uri: str
    shard: ShardEntry


@stage_command(STAGE)
def score(run: Run) -> None:
    """Judge the answers of a model and report how many are right.

    Each puzzle's own family judges its answer, strictly by the benchmark's rule and tolerantly. Writes the verdict on
    each answer, scores.json, and report.html with pictures of right and wrong answers.

    Example: vtb-eval score --input out/predictions --output out/scores
    """
    uri = run.inputs[0]
    manifest = read_manifest(uri, STAGE.reads)
    tasks = [
        Task(f"shards/{index:05d}.jsonl", shard.rows, ShardWork(uri, shard))
        for index, shard in enumerate(manifest.shards)
    ]
    done = run.make_shards(
        run.plan(), tasks, judge_shard, lambda output: partial(close, output, uri, manifest),
        what="judged", summary=f"scores.json, report.html and verdicts on {manifest.rows} answers",
    )  # fmt: skip
    if done is not None:
        strict = done.metrics["overall"]["strict"]
        log.info("right: %d of %d (%.1f %%)", strict["right"], strict["total"], 100 * strict["rate"])


def judge_shard(work: ShardWork, tick: Tick) -> Made:
    """The verdicts on one shard as JSON lines."""
    lines = []
    for sample in read_samples(work.uri, work.shard, "make the predictions again"):
        lines.append(json.dumps(asdict(judge(sample))) + "\n")
        tick(1)
    return Made("".join(lines).encode(), len(lines))


def judge(sample: Sample) -> Result:
    """The verdict on one answer; whatever a model wrote gets one."""
    try:
        answer = json.loads(sample.parts[RECORD])
        record, text = answer["record"], str(answer["text"])
        family = family_of(record)
        family.validate(record)
        verdict = judge_text(record, text, sample.parts[PUZZLE])
        size = str(record["difficulty"].get("size", "")).removesuffix(".0")
        task = str(record["task"]).encode(errors="replace").decode()
        return Result(sample.key, task, size, verdict.strict, verdict.tolerant, verdict.reason, len(text))
    except (UnreadableImage, *DAMAGE) as error:
        raise BadInput(f"prediction {sample.key} is not what `vtb-eval predict` writes ({error!r})") from error


def judge_text(record: dict[str, Any], text: str, puzzle: bytes) -> Score:
    """Empty answers need no judge."""
    if not text.strip():
        return Score(False, False, "empty answer")
    return family_of(record).score_text(record, text, decode_image(puzzle))


def close(
    output: Output, uri: str, predictions: Manifest, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """Figures over all verdicts, and the report."""
    results = [
        Result(**json.loads(line))
        for shard in shards
        for line in output.store.get_bytes(shard.path).decode().splitlines()
    ]
    figures = summarise(results)
    page = report_page(uri, predictions, results, figures)
    files = [output.put("scores.json", json_bytes(figures)), output.put("report.html", page.encode())]
    return files, figures
