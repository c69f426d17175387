"""``vtb-eval score``: judge answers and say what they are worth."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import structs

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.manifest import json_bytes
from vtb.artifact.output import Output
from vtb.artifact.shard_data import read_samples
from vtb.datasets.readers import Chunk, choose_split, chunks, describe_input, read_chunk, read_keys
from vtb.errors import BadInput, UsageProblem
from vtb.media.image import UnreadableImage, decode_image
from vtb.puzzles.sample import PUZZLE
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run
from vtb.tasks.registry import task_of
from vtb_eval.answers import Answers
from vtb_eval.comparison import compare
from vtb_eval.examples import PageSource
from vtb_eval.judging import judge_attempt, judge_text, make_result
from vtb_eval.page import report_page
from vtb_eval.prediction import PREDICTION, decode_prediction
from vtb_eval.result import Result
from vtb_eval.results import judged, summarise

log = logging.getLogger("vtb.eval")

STAGE = Stage(
    command="vtb-eval score",
    summary="Judge the answers of a model and report how many are right.",
    version=4,
    image="vtb/eval",
    reads=("predictions", "puzzles"),
    writes=("scores",),
    parallel="shards",
    resources=Resources(cpu="2", memory="4Gi"),
)
PREDICTIONS = "predictions"
EXAMPLES = 3  # of files that are named in a message


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    answers: tuple[str, ...] = option(
        (), metavar="FOLDER", affects_output=False,
        help="A model's pictures, videos, texts and transcripts, named by the ids of the puzzles that --input has. "
             "May be repeated: every folder is one more attempt.",
    )  # fmt: skip
    split: str = option(
        "test", help="With --answers: split of the puzzles to judge; all takes everything. Ignored without splits."
    )
    answered_only: bool = option(
        False, help="With --answers: leave out puzzles without an answer, which otherwise count as wrong."
    )


@dataclass(frozen=True)
class ShardWork:
    """A chunk of the puzzles with the answers to them, or of a predictions artifact, which has both."""

    chunk: Chunk
    answers: Answers | None
    answered_only: bool


@stage_command(STAGE, Options)
def score(run: Run, options: Options) -> None:
    """Judge the answers of a model and report how many are right.

    Takes a predictions artifact; or with --answers puzzles (an artifact, a folder of the benchmark with data.json, or
    its parquet files) and a folder with what any model answered. Each puzzle's own family judges, strictly by the
    benchmark's rule and tolerantly. Writes the verdict on each answer, scores.json, and report.html with pictures of
    right and wrong answers and the published figures.

    Example: vtb-eval score --input out/puzzles --answers sora-videos --output out/scores
    """
    uri = run.inputs[0]
    entry = describe_input(uri, STAGE.reads)
    folders = None if entry.kind == PREDICTIONS else find_answers(uri, options.answers)
    if folders is None and options.answers:
        raise UsageProblem(f"--answers: {uri} holds answers already: give the puzzles as --input, or leave it out")
    every = chunks(entry)
    found = every if folders is None else choose_split(every, options.split, uri)
    if folders is not None:
        tell(folders, every, found)
    tasks = [
        Task(f"shards/{index:05d}.jsonl", chunk.rows, ShardWork(chunk, folders, options.answered_only))
        for index, chunk in enumerate(found)
    ]
    inputs = (entry, *(folders.entries() if folders else ()))
    done = run.make_shards(
        run.plan(options, inputs), tasks, judge_shard,
        lambda output: partial(close, output, PageSource(inputs, tuple(found), folders, options.recorded())),
        what="judged", summary=f"scores.json, report.html and verdicts on {sum(chunk.rows for chunk in found)} puzzles",
    )  # fmt: skip
    if done is not None:
        sum_up(done.metrics)


def find_answers(uri: str, folders: Sequence[str]) -> Answers:
    """The results folders of a set of puzzles."""
    if not folders:
        raise UsageProblem(f"--answers: {uri} holds puzzles: say in which folder the answers to them are")
    return Answers(folders)


def sum_up(figures: Mapping[str, Any]) -> None:
    """The last word: how many are right of what, and what could not be judged."""
    strict, puzzles = figures["overall"]["strict"], figures["puzzles"]
    missing = f", {figures['without_answer']} without an answer" if figures["without_answer"] else ""
    of = f" attempts at {puzzles} puzzles" if strict["total"] > puzzles else ""
    log.info("right: %d of %d%s%s (%.1f %%)", strict["right"], strict["total"], of, missing, 100 * strict["rate"])
    if odd := figures["puzzles_not_judged"]:
        log.warning("%d puzzles cannot be judged, all named in scores.json, the first: %s", len(odd), odd[0])
    if figures["not_judged"]:
        tasks = ", ".join(f"{task} ({count})" for task, count in figures["not_judged"].items())
        log.warning("parts of answers that cannot be judged, since the records do not say what is right: %s", tasks)


def tell(answers: Answers, every: Sequence[Chunk], found: Sequence[Chunk]) -> None:
    """Say how many puzzles have answers, and which files belong to none.

    Raises:
        BadInput: no file is named after a puzzle of the split.
    """
    keys = [key for chunk in found for key in read_keys(chunk)]
    others = [key for chunk in every if chunk not in found for key in read_keys(chunk)]
    answers.settle({*keys, *others})
    if answers.unread:
        log.warning("%d files were not read, since they are no pictures, videos or texts by their names, among them %s",
                    len(answers.unread), ", ".join(map(_name, answers.unread[:EXAMPLES])))  # fmt: skip
    answered, elsewhere = (sum(any(answers.of(key)) for key in some) for some in (keys, others))
    if elsewhere:
        log.warning("%d puzzles of other splits have an answer too: --split all judges them", elsewhere)
    if not answered:
        where, example = answers.folders[0], keys[0] if keys else "ID"
        raise BadInput(f"{where}: no file is named after a puzzle: call them like {example}.png, .mp4 or .txt")
    log.info("%d of %d puzzles have an answer", answered, len(keys))
    if len(set(keys)) < len(keys):
        log.warning("%d puzzles share an id with another: one answer stands for both", len(keys) - len(set(keys)))
    if strangers := answers.strangers:
        log.warning("%d files belong to no puzzle of this input, the first is %s", len(strangers), _name(strangers[0]))


def _name(path: Path) -> str:
    return os.fsencode(path).decode(errors="replace")


def judge_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """The verdicts on one shard as JSON lines."""
    lines, odd = [], list[str]()
    for results in _predicted(work.chunk) if work.answers is None else _answered(work, work.answers, odd):
        lines += [json.dumps(asdict(result)) + "\n" for result in results]
        tick(1)
    return ShardResult("".join(lines).encode(), len(lines), stats={"odd": odd} if odd else {})


def _predicted(chunk: Chunk) -> Iterator[list[Result]]:
    """The one answer in words to each sample of a predictions artifact; whatever a model wrote gets a verdict."""
    assert chunk.shard is not None
    for sample in read_samples(chunk.uri, chunk.shard, "make the predictions again"):
        try:
            prediction = decode_prediction(sample.parts.get(PREDICTION, b""))
            puzzle = decode_image(sample.parts.get(PUZZLE, b""))
        except (UnreadableImage, BadInput) as error:
            raise BadInput(f"prediction {sample.key} is not what `vtb-eval predict` writes ({error})") from error
        example = structs.replace(prediction.example, key=sample.key)
        text = judge_text(task_of(example), example.payload, prediction.text, puzzle)
        yield [make_result(example, {"text": text}, 0, len(prediction.text))]


def _answered(work: ShardWork, answers: Answers, odd: list[str]) -> Iterator[list[Result]]:
    """The attempts at each puzzle; one without signals where there is none."""
    for loaded in read_chunk(work.chunk, odd=odd):
        results = [
            make_result(loaded.example, judge_attempt(loaded.example, loaded.puzzle, attempt), number, 0)
            for number, attempt in enumerate(answers.attempts(loaded.key))
        ]
        answered = any(result.signals for result in results)
        yield results if answered or not work.answered_only else []


def close(output: Output, source: PageSource, shards: Sequence[ShardEntry]) -> tuple[list[FileEntry], dict[str, Any]]:
    """Figures over all verdicts, and the report."""
    results = [
        Result(**json.loads(line))
        for shard in shards
        for line in output.store.get_bytes(shard.path).decode().splitlines()
    ]
    figures = summarise(results)
    figures["puzzles_not_judged"] = [said for shard in shards for said in shard.stats.get("odd", ())]
    figures["comparison"] = compare(judged(results), figures)
    page = report_page(source, results, figures)
    files = [output.put("scores.json", json_bytes(figures)), output.put("report.html", page.encode())]
    return files, figures
