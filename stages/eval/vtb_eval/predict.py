"""``vtb-eval predict``: a model's answers to the puzzles of one split."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from vtb.artifact import FileEntry, InputEntry, ShardEntry
from vtb.artifact.local import local_model
from vtb.datasets.readers import choose_split, chunks, describe_input
from vtb.formats.webdataset import Sample, write_tar
from vtb.puzzles.sample import PUZZLE, RECORD
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.options import Finite, VtbOption
from vtb.stage.run import Run
from vtb.stage.sharding import cpus
from vtb_eval.greedy import ignored_settings
from vtb_eval.questions import CLOSINGS, Question, ShardWork, read_questions

log = logging.getLogger("vtb.eval")

STAGE = Stage(
    command="vtb-eval predict",
    summary="Let a vision-language model answer puzzles.",
    version=2,
    image="vtb/eval",
    reads=("puzzles",),
    writes=("predictions",),
    artifact_options={"model": ("checkpoint",), "adapter": ("adapter",)},
    parallel="shards",
    resources=Resources(cpu="4", memory="32Gi", gpu=1),
)

OPTIONS: list[click.Option] = [
    VtbOption(["--model"], required=True, metavar="PATH|URI", affects_output=False, show_default=False,
              help="The model: a local folder with its files, or a checkpoint artifact."),
    VtbOption(["--adapter"], metavar="PATH|URI", affects_output=False,
              help="An adapter to put on the model: an adapter artifact or a PEFT folder."),
    VtbOption(["--split"], default="test", help="Split to ask about; all takes everything. Ignored without splits."),
    VtbOption(["--limit"], type=click.IntRange(1), help="Ask only about the first so many samples."),
    VtbOption(["--style"], type=click.Choice(list(CLOSINGS)),
              help="Ask for the answer at once, for thinking first, or in plain words; left out: direct, and plain for "
                   "a benchmark's own records."),
    VtbOption(["--batch-size"], type=click.IntRange(1), default=8, affects_output=False, help="Questions at a time."),
    VtbOption(["--max-new-tokens"], type=click.IntRange(1), default=512, help="Longest answer in tokens."),
    VtbOption(["--temperature"], type=Finite(0), default=0.0, help="0 takes the likeliest token always."),
    VtbOption(["--max-pixels"], type=click.IntRange(1024), default=262_144,
              help="Scale larger pictures down to this many pixels; take the number of the training."),
    VtbOption(["--device"], type=click.Choice(["auto", "cpu", "cuda"]), default="auto", affects_output=False,
              help="Where to run; auto takes the GPU where there is one."),
    VtbOption(["--samples-per-shard"], type=click.IntRange(1), default=64,
              help="Answers in one shard; a run that was cut off repeats at most one shard."),
]  # fmt: skip


@stage_command(STAGE, params=OPTIONS)
def predict(
    run: Run, model: str, adapter: str | None, split: str, limit: int | None, style: str, samples_per_shard: int,
    batch_size: int, **how: Any,
) -> None:  # fmt: skip
    """Let a vision-language model answer puzzles.

    Asks about every sample of a split with the same words and pictures as the training, and writes the answers with
    their records. The puzzles may also be those of the benchmark: a folder with data.json, or the hub's parquet files,
    asked about in their own words. A run that was cut off goes on where it stopped.

    Example: vtb-eval predict --input out/curated --model out/tiny --adapter out/adapter --output out/predictions
    """
    uri = run.inputs[0]
    entry = describe_input(uri, STAGE.reads)
    found = tuple(choose_split(chunks(entry), split, uri))
    model_dir, model_entry = local_model(model)
    adapter_dir, adapter_entries = _adapter(adapter)
    sampled = how["temperature"] > 0
    if sampled:  # the questions of a batch share one source of chance
        run.config["batch_size"] = batch_size
    ignored = ignored_settings(model_dir)
    plan = run.plan([entry, model_entry, *adapter_entries])
    total = min(limit or 2**62, sum(chunk.rows for chunk in found))
    tasks = plan_shards(ShardWork(found, 0, total, style), samples_per_shard)
    answer = Answerer(model_dir, adapter_dir, batch_size, run.seed, run.workers, how)
    close = partial(_close, {} if sampled else ignored)
    run.make_shards(plan, tasks, answer, lambda _: close, what="answers", summary=f"{total} answers", workers=1)


def _adapter(uri: str | None) -> tuple[Path | None, list[InputEntry]]:
    if uri is None:
        return None, []
    folder, entry = local_model(uri, ("adapter",))
    return folder, [entry]


def plan_shards(everything: ShardWork, samples_per_shard: int) -> list[Task[ShardWork]]:
    """Shards of a fixed number of answers."""
    starts = range(0, everything.stop, samples_per_shard)
    works = [
        ShardWork(everything.chunks, start, min(start + samples_per_shard, everything.stop), everything.style)
        for start in starts
    ]
    return [Task(f"shards/{index:05d}.tar", work.stop - work.start, work) for index, work in enumerate(works)]


class Answerer:
    """Makes shards of answers; the model is loaded when the first shard is really missing."""

    def __init__(
        self, model: Path, adapter: Path | None, batch_size: int, seed: int, threads: int, how: dict[str, Any]
    ) -> None:
        """Nothing is loaded yet."""
        self._where = (model, adapter, how.pop("device"))
        self._batch_size, self._seed, self._threads, self._how = batch_size, seed, threads, how
        self._ask: Callable[[Sequence[Question], int], list[str]] | None = None

    def __call__(self, work: ShardWork, tick: Tick) -> ShardResult:
        """The answers to one shard of questions."""
        questions, samples = list(read_questions(work)), list[Sample]()
        for start in range(0, len(questions), self._batch_size):
            batch = questions[start : start + self._batch_size]
            answers = self._model()(batch, work.start + start)
            samples += [make_sample(question, text) for question, text in zip(batch, answers, strict=True)]
            tick(len(batch))
        return ShardResult(write_tar(samples), len(samples))

    def _model(self) -> Callable[[Sequence[Question], int], list[str]]:
        if self._ask is None:
            import torch

            from vtb_eval.model import Generation, VisionLanguageModel

            torch.set_num_threads(min(self._threads, cpus()))
            self._ask = VisionLanguageModel(*self._where, Generation(seed=self._seed, **self._how)).answer
        return self._ask


def make_sample(question: Question, text: str) -> Sample:
    """One answer with all that its judge needs."""
    answer = {"id": question.key, "prompt": question.text, "text": text, "record": question.record}
    return Sample(question.key, {RECORD: json.dumps(answer, ensure_ascii=False).encode(), PUZZLE: question.puzzle})


def _close(ignored: Mapping[str, Any], shards: Sequence[ShardEntry]) -> tuple[list[FileEntry], dict[str, Any]]:
    metrics: dict[str, Any] = {"answers": sum(shard.rows for shard in shards)}
    if ignored:
        log.info("the likeliest token was taken; the model's own settings were not followed: %s", ", ".join(ignored))
        metrics["generation_settings_ignored"] = dict(ignored)
    return [], metrics
