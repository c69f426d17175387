"""From answers to verdicts, figures and a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from msgspec import structs

from vtb.artifact import FileEntry, InputEntry, ShardEntry, read_manifest
from vtb.artifact.local import find_model
from vtb.artifact.manifest import json_bytes
from vtb.artifact.output import Output
from vtb.artifact.shard_data import read_samples
from vtb.datasets.asked import asked_of, look_at
from vtb.datasets.chunk import Chunk
from vtb.datasets.odd_records import odd_figure, odd_records
from vtb.datasets.readers import choose_split, chunks, describe_input, read_chunk
from vtb.errors import BadInput, UsageProblem
from vtb.media.image import UnreadableImage
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.run import Run, input_entry
from vtb.tasks.registry import find_task
from vtb_eval.against import FILE, Earlier, compare_runs, read_earlier
from vtb_eval.benchmark_tables import benchmark_tables, beside_frequent_answers
from vtb_eval.comparison import compare
from vtb_eval.coverage import coverage
from vtb_eval.examples import PageSource
from vtb_eval.judge_model import Judge, Unread, read_all, unreadable
from vtb_eval.judging import judge_attempt, judge_drawn, judged_anew, make_result
from vtb_eval.last_lines import sum_up
from vtb_eval.latents import judge_without, latent_figures
from vtb_eval.learning import learning_curve
from vtb_eval.likeness import UNASKED, Likeness, with_likeness
from vtb_eval.own_files import own_files
from vtb_eval.owners import Attempts, find_answers, settle
from vtb_eval.page import report_page
from vtb_eval.prediction import NOT_JUDGED, PREDICTION, decode_prediction, drawn_answers
from vtb_eval.refusals import judge_prediction, refused
from vtb_eval.result import Result, result_line, results_in
from vtb_eval.results import judged, summarise
from vtb_eval.same_choice import same_choice
from vtb_eval.score_options import Options

PREDICTIONS = "predictions"


@dataclass(frozen=True)
class ShardWork:
    """A chunk of the puzzles with the attempts at them by key, or of a predictions artifact, which has both."""

    chunk: Chunk
    attempts: Attempts | None
    answered_only: bool
    judge: Judge | None = None
    likeness: Likeness = UNASKED


def make_scores(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
    uri = run.inputs[0]
    entry = describe_input(uri, run.stage.reads)
    folders = None if entry.kind == PREDICTIONS else find_answers(uri, options.answers)
    if folders is not None and options.judge_model is not None:
        raise UsageProblem("--judge-model: reads the answers of a predictions artifact: leave it out with --answers")
    if folders is None and options.answers:
        raise UsageProblem(f"--answers: {uri} holds answers already: give the puzzles as --input, or leave it out")
    inputs = (entry, *(folders.entries() if folders else ()))
    against = tuple(input_entry(other, ("scores",)) for other in options.against)
    models = [find_model(folder) for folder in (options.bert_model, options.sentence_model) if folder is not None]
    plan = run.plan(options, (*inputs, *against, *(model.entry for model in models)))
    if run.already_done(plan):
        return
    every = chunks(entry)
    found = every if folders is None else choose_split(every, options.split, uri)
    attempts = None if folders is None else settle(folders, every, found)
    done = run.make_shards(
        plan, plan_shards(found, attempts, options.answered_only, judge_of(options), likeness_of(options)), judge_shard,
        lambda output: partial(close, output, PageSource(inputs, tuple(found), folders, options.recorded()), against),
        what="judged", summary=f"scores.json, report.html and verdicts on {sum(chunk.rows for chunk in found)} puzzles",
    )  # fmt: skip
    if done is not None:
        sum_up(done.metrics)


def plan_shards(
    found: Sequence[Chunk], attempts: Sequence[Attempts] | None, answered_only: bool, judge: Judge | None = None,
    likeness: Likeness = UNASKED,
) -> list[Task[ShardWork]]:  # fmt: skip
    """One shard of verdicts per chunk, each with the attempts at its own puzzles: tasks travel to worker processes."""
    each: Sequence[Attempts | None] = [None] * len(found) if attempts is None else attempts
    works = [ShardWork(chunk, own, answered_only, judge, likeness) for chunk, own in zip(found, each, strict=True)]
    return [Task(f"shards/{index:05d}.jsonl", work.chunk.rows, work) for index, work in enumerate(works)]


def judge_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """The verdicts on one shard as JSON lines."""
    every, odd, unread = list[Result](), list[str](), dict[int, Unread]()
    for results in _predicted(work.chunk, unread) if work.attempts is None else _answered(work, work.attempts, odd):
        every += results
        tick(1)
    if work.judge is not None and unread:
        for place, score in zip(unread, read_all(work.judge, list(unread.values())), strict=True):
            every[place] = judged_anew(every[place], score)
    lines = [result_line(result) for result in with_likeness(every, work.likeness)]
    return ShardResult("".join(lines).encode(), len(lines), stats=odd_figure(odd))


def judge_of(options: Options) -> Judge | None:
    """The model that reads what no rule can, where one is asked."""
    if options.judge_endpoint is None or options.judge_model is None:
        return None
    return Judge(options.judge_endpoint, options.judge_model)


def likeness_of(options: Options) -> Likeness:
    """The models of text, where any are given."""
    return Likeness(
        *(find_model(one).folder() if one else None for one in (options.bert_model, options.sentence_model))
    )


def _predicted(chunk: Chunk, unread: dict[int, Unread]) -> Iterator[list[Result]]:
    """The answers to each sample of a predictions artifact, one in words or several drawn; each gets a verdict.

    Those that no rule can read are put into ``unread``, by the number of their verdict.
    """
    count = 0
    assert chunk.shard is not None
    for sample in read_samples(chunk.uri, chunk.shard, "make the predictions again"):
        try:
            prediction = decode_prediction(sample.parts.get(PREDICTION, b""))
            puzzle = look_at(asked_of(prediction.example.media, sample.parts))
        except (UnreadableImage, BadInput) as error:
            raise BadInput(f"prediction {sample.key} is not what `vtb-eval predict` writes ({error})") from error
        example = structs.replace(prediction.example, key=sample.key)
        if drawn := drawn_answers(sample.parts):
            judged = [judge_drawn(example, puzzle, kind, data) for kind, data in drawn]
            count += len(judged)
            yield [make_result(example, signals, number, 0) for number, signals in enumerate(judged)]
            continue
        signals, cut, refusal = {"text": judge_prediction(prediction, puzzle)}, prediction.cut_off, prediction.refused
        if not refusal and unreadable(example, prediction.text, signals["text"]):
            unread[count] = Unread(example, prediction.text)
        count += 1
        result = make_result(example, signals, 0, len(prediction.text), cut_off=cut, refused=refusal)
        yield [replace(result, segments=prediction.segments, without=judge_without(prediction, puzzle))]


def _answered(work: ShardWork, attempts: Attempts, odd: list[str]) -> Iterator[list[Result]]:
    """The attempts at each puzzle; one without signals where there is none."""
    for loaded in read_chunk(work.chunk, odd=odd):
        results = [
            make_result(loaded.example, judge_attempt(loaded.example, loaded.puzzle, attempt), number, 0)
            for number, attempt in enumerate(attempts[loaded.key])
        ]
        answered = any(result.signals for result in results)
        yield results if answered or not work.answered_only else []


def cut_off(source: PageSource, results: Sequence[Result]) -> dict[str, Any]:
    """How many answers were cut off, and at how many tokens; empty where none was."""
    count = sum(result.cut_off for result in results)
    if not count:
        return {}
    longest = read_manifest(source.inputs[0].uri).plan.config.get("max_new_tokens")
    return {"cut_off": {"answers": count, "tokens": longest if isinstance(longest, int) else None}}


def only_grade(results: Sequence[Result]) -> dict[str, Any]:
    """What all answers are graded by, where none can be right or wrong; else empty."""
    names = {find_task(*key).only_grade for key in {(result.source, result.task) for result in results}}
    return {"only_grade": names.pop()} if len(names) == 1 and "" not in names else {}


def asked_without(source: PageSource) -> Sequence[str]:
    """The puzzles that a predictions artifact says nobody could be asked about."""
    entry = source.inputs[0]
    found: object = read_manifest(entry.uri).metrics.get(NOT_JUDGED) if entry.kind == PREDICTIONS else None
    return found if isinstance(found, list) else ()


def beside(
    output: Output, source: PageSource, results: Sequence[Result], earlier: Sequence[Earlier]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The comparison with earlier runs; a refused one leaves nothing, so that another may begin here."""
    try:
        return compare_runs(source.inputs, source.config, results, earlier)
    except BadInput:
        output.withdraw(shards_too=True)
        raise


def close(
    output: Output, source: PageSource, against: Sequence[InputEntry], shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """Figures over all verdicts, and the report."""
    odd = odd_records(output, shards)
    read = (result for shard in shards for result in results_in(output.store.get_bytes(shard.path)))
    results = beside_frequent_answers(list(read))
    figures = {**summarise(results), **cut_off(source, results), **refused(results), **latent_figures(judged(results))}
    figures |= {**only_grade(results), **same_choice(judged(results))}
    figures[NOT_JUDGED] = [*asked_without(source), *odd]
    figures["comparison"] = compare(judged(results), figures)
    figures["benchmarks"] = benchmark_tables(judged(results))
    if covered := coverage(source.inputs[0], judged(results)):
        figures["coverage"] = covered
    files, changed = list[FileEntry](), list[dict[str, Any]]()
    if against:
        earlier = [read_earlier(entry.uri) for entry in against]
        figures["against"], changed = beside(output, source, results, earlier)
        if curve := learning_curve(source.inputs[0], results, earlier):
            figures["learning_curve"] = curve
        files.append(output.put(FILE, "".join(json.dumps(row) + "\n" for row in changed).encode()))
    page = report_page(source, results, figures, changed)
    made = {**own_files(judged(results)), "scores.json": json_bytes(figures), "report.html": page.encode()}
    files += [output.put(name, data) for name, data in made.items()]
    return files, figures
