"""``vtb-eval predict``: a model's answers to the puzzles of one split."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.local import find_model
from vtb.artifact.output import Output
from vtb.datasets.odd_records import odd_figure, odd_records
from vtb.datasets.readers import choose_split, chunks, describe_input
from vtb.formats.shared_frames import fold
from vtb.formats.webdataset import Sample, write_tar
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run
from vtb.stage.sharding import cpus
from vtb_eval.greedy import ignored_settings
from vtb_eval.prediction import CUT_OFF, NOT_JUDGED, PREDICTION, Prediction, encode_prediction
from vtb_eval.questions import CLOSINGS, Question, ShardWork, read_questions

if TYPE_CHECKING:
    from vtb_eval.model import Answer

log = logging.getLogger("vtb.eval")
MODEL, ASKED, SAMPLING = "The model", "What is asked", "Answers"  # headings of the help

STAGE = Stage(
    command="vtb-eval predict",
    summary="Let a vision-language model answer puzzles.",
    version=4,
    image="vtb/eval",
    reads=("puzzles", "questions"),
    writes=("predictions",),
    parallel="shards",
    resources=Resources(cpu="4", memory="32Gi", gpu=1, disk="100Gi", shared_memory="8Gi"),
    model_cache=True,
)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    model: str = option(
        metavar="PATH|URI", affects_output=False, artifact=("checkpoint",), group=MODEL,
        help="The model: a local folder with its files, or a checkpoint artifact.",
    )  # fmt: skip
    adapter: str | None = option(
        None, metavar="PATH|URI", affects_output=False, artifact=("adapter",), group=MODEL,
        help="An adapter to put on the model: an adapter artifact or a PEFT folder.",
    )  # fmt: skip
    device: Literal["auto", "cpu", "cuda"] = option(
        "auto", affects_output=False, group=MODEL, help="Where to run; auto takes the GPU where there is one."
    )
    split: str = option("test", group=ASKED, help="Split to ask about; all takes everything. Ignored without splits.")
    limit: int | None = option(None, low=1, group=ASKED, help="Ask only about the first so many samples.")
    style: str | None = option(
        None, choices=tuple(CLOSINGS), group=ASKED,
        help="Ask for the answer at once, for thinking first, or in plain words; left out: direct, and plain for a "
             "benchmark's own records.",
    )  # fmt: skip
    max_pixels: int = option(
        262_144, low=1024, group=ASKED,
        help="Scale larger pictures down to this many pixels; take the number of the training.",
    )  # fmt: skip
    blind: bool = option(
        False, group=ASKED,
        help="Show nothing: what a model guesses from the words alone, a baseline for the answers of one that sees.",
    )  # fmt: skip
    batch_size: int = option(8, low=1, affects_output=False, group=SAMPLING, help="Questions at a time.")
    max_new_tokens: int = option(512, low=1, group=SAMPLING, help="Longest answer in tokens.")
    temperature: float = option(0.0, low=0, group=SAMPLING, help="0 takes the likeliest token always.")
    samples_per_shard: int = option(
        64, low=1, help="Answers in one shard; a run that was cut off repeats at most one shard."
    )

    def recorded(self) -> dict[str, Any]:
        """With a temperature, the questions of a batch share one source of chance: its size counts then."""
        batch = {"batch_size": self.batch_size} if self.temperature > 0 else {}
        return {**super().recorded(), **batch}


@stage_command(STAGE, Options)
def predict(run: Run, options: Options) -> None:
    """Let a vision-language model answer puzzles.

    Asks about every sample of a split with the same words and pictures as the training, and writes the answers with
    their records. The puzzles may also be those of the benchmark: a folder with data.json, or the hub's parquet files,
    asked about in their own words. A run that was cut off goes on where it stopped.

    Example: vtb-eval predict --input out/curated --model out/tiny --adapter out/adapter --output out/predictions
    """
    uri = run.inputs[0]
    entry = describe_input(uri, STAGE.reads)
    found = tuple(choose_split(chunks(entry), options.split, uri))
    model = find_model(options.model)
    adapter = find_model(options.adapter, ("adapter",)) if options.adapter is not None else None
    plan = run.plan(options, [entry, model.entry, *([adapter.entry] if adapter else [])])
    if run.already_done(plan):
        return
    model_dir, adapter_dir = model.folder(), adapter.folder() if adapter else None
    ignored = ignored_settings(model_dir) if options.temperature == 0 else {}
    total = min(options.limit or 2**62, sum(chunk.rows for chunk in found))
    tasks = plan_shards(ShardWork(found, 0, total, options.style, options.blind), options.samples_per_shard)
    answer = Answerer(model_dir, adapter_dir, run.seed, run.workers, options)
    run.make_shards(
        plan, tasks, answer, lambda output: partial(_close, output, ignored, options.max_new_tokens),
        what="answers", summary=f"{total} answers", workers=1,
    )  # fmt: skip


def plan_shards(everything: ShardWork, samples_per_shard: int) -> list[Task[ShardWork]]:
    """Shards of a fixed number of answers."""
    starts = range(0, everything.stop, samples_per_shard)
    works = [replace(everything, start=start, stop=min(start + samples_per_shard, everything.stop)) for start in starts]
    return [Task(f"shards/{index:05d}.tar", work.stop - work.start, work) for index, work in enumerate(works)]


class Answerer:
    """Makes shards of answers; the model is loaded when the first shard is really missing."""

    def __init__(self, model: Path, adapter: Path | None, seed: int, threads: int, options: Options) -> None:
        """Nothing is loaded yet."""
        self._where = (model, adapter, options.device)
        self._seed, self._threads, self._options = seed, threads, options
        self._ask: Callable[[Sequence[Question], int], list[Answer]] | None = None

    def __call__(self, work: ShardWork, tick: Tick) -> ShardResult:
        """The answers to one shard of questions."""
        odd, samples, cut_off = list[str](), list[Sample](), 0
        questions = list(read_questions(work, odd))
        for start in range(0, len(questions), self._options.batch_size):
            batch = questions[start : start + self._options.batch_size]
            answers = self._model()(batch, work.start + start)
            samples += [make_sample(asked, said.text, said.finish) for asked, said in zip(batch, answers, strict=True)]
            cut_off += sum(said.finish == CUT_OFF for said in answers)
            tick(len(batch))
        return ShardResult(write_tar(fold(samples)), len(samples), stats={"cut_off": cut_off, **odd_figure(odd)})

    def _model(self) -> Callable[[Sequence[Question], int], list[Answer]]:
        if self._ask is None:
            log.info("starting PyTorch and transformers, which takes some seconds")
            import torch

            from vtb_eval.model import Generation, VisionLanguageModel

            torch.set_num_threads(min(self._threads, cpus()))
            how = self._options
            generation = Generation(how.max_new_tokens, how.temperature, self._seed, how.max_pixels)
            self._ask = VisionLanguageModel(*self._where, generation).answer
        return self._ask


def make_sample(question: Question, text: str, finish: str | None = None) -> Sample:
    """One answer with all that its judge needs."""
    answer = encode_prediction(Prediction(question.example, question.text, text, finish))
    files = {name: file for one in question.asked for name, file in zip(one.names, one.files, strict=True)}
    return Sample(question.key, {PREDICTION: answer, **files})


def _close(
    output: Output, ignored: Mapping[str, Any], longest: int, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    answers, cut_off = sum(shard.rows for shard in shards), sum(shard.stats["cut_off"] for shard in shards)
    metrics: dict[str, Any] = {"answers": answers, "cut_off": cut_off}
    if odd := odd_records(output, shards):
        log.warning("%d puzzles cannot be judged, all named in the manifest, the first: %s", len(odd), odd[0])
        metrics[NOT_JUDGED] = odd
    if cut_off:
        log.info("%d of %d answers were cut off at %d tokens (--max-new-tokens)", cut_off, answers, longest)
    if ignored:
        log.info("the likeliest token was taken; the model's own settings were not followed: %s", ", ".join(ignored))
        metrics["generation_settings_ignored"] = dict(ignored)
    return [], metrics
