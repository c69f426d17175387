"""From puzzles and a model to shards of answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from vtb.artifact.local import DRAWING_ADAPTER, DRAWING_MODEL, Model, find_model
from vtb.artifact.model_folder import read_json
from vtb.datasets.odd_records import odd_figure
from vtb.datasets.readers import choose_split, chunks, describe_input
from vtb.engine.greedy import ignored_settings
from vtb.errors import BadInput
from vtb.formats.shared_frames import fold
from vtb.formats.webdataset import Sample, write_tar
from vtb.geometry.as_trained import shown_in_training
from vtb.latent.tokens import CONFIG, read_latent_config
from vtb.stage.executor import Maker, ShardResult, Task, Tick
from vtb.stage.run import Run
from vtb.stage.sharding import in_parts
from vtb_eval.figures import TOKENS, close, figures_of, in_words
from vtb_eval.here import InBatches
from vtb_eval.predict_options import OF_LATENTS, Options
from vtb_eval.prediction import PREDICTION, Answer, Prediction, encode_prediction
from vtb_eval.questions import Question, ShardWork, read_questions

log = logging.getLogger("vtb.eval")
# Plans for latents have no word on how to answer, for the baseline without latents, too, whose files do not say so.
OF_PLANS = ("vtb-train-vlm latent-sft", "vtb-train-vlm latent-grpo")
THINKING_FIRST = ("vtb-train-vlm grpo",)
Ask = Callable[[Sequence[Question], int, Tick], list[Answer]]


def make_predictions(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
    uri = run.inputs[0]
    entry = describe_input(uri, run.stage.reads)
    found = tuple(choose_split(chunks(entry), options.split, uri))
    models = find_models(options)
    plan = run.plan(options, [entry, *(model.entry for model in models)])
    if run.already_done(plan):
        return
    total = min(options.limit or 2**62, sum(chunk.rows for chunk in found))
    folders = [model.folder() for model in models]
    thinks, options = check_latents(options, folders), as_trained(options, folders)
    style = "plain" if options.style is None and (thinks or taught_by(OF_PLANS, models)) else options.style
    if style is None and taught_by(THINKING_FIRST, models):
        log.info("its rewards were for answers after thinking: --style think asks as its training did")
    tasks = plan_shards(ShardWork(found, 0, total, style, options.blind), options.samples_per_shard)
    make, ignored = choose_maker(run, options, folders)
    done = run.make_shards(
        plan, tasks, make, lambda output: partial(close, output, ignored, options), what="answers",
        summary=f"{total} answers", workers=1,
    )  # fmt: skip
    if done is not None and TOKENS in done.metrics:
        log.info("tokens: %s", in_words(done.metrics[TOKENS]))


def taught_by(stages: Sequence[str], models: Sequence[Model]) -> bool:
    """Whether the model or its adapter was made by one of these, which decides how it was asked."""
    return any(model.manifest is not None and model.manifest.plan.stage in stages for model in models)


def as_trained(options: Options, folders: Sequence[Path]) -> Options:
    """With the size of pictures that the model says it was trained with, where no other is asked for."""
    shown = shown_in_training(*folders[:2]) if folders and options.drawing.variant is None else None
    if shown is None or "max_pixels" in options.given or shown.max_pixels == options.max_pixels:
        return options
    log.info("pictures have at most %d pixels, as in the model's training", shown.max_pixels)
    return replace(options, max_pixels=shown.max_pixels)


def check_latents(options: Options, folders: Sequence[Path]) -> bool:
    """Whether the model thinks in latents; options about them are refused where it does not.

    Raises:
        BadInput: it does not.
    """
    thinks = any(read_latent_config(folder) is not None for folder in folders)
    for folder in folders:
        check_tokens_of(folder)
    asked = [f"--{name.replace('_', '-')}" for name in OF_LATENTS if name in options.given]
    if asked and not thinks:
        raise BadInput(
            f"{asked[0]}: {folders[0] if folders else options.model} knows no latents (no latent_size in its "
            "config.json): leave it out, or take a model of `vtb-train-vlm latent-sft`"
        )
    return thinks


def check_tokens_of(folder: Path) -> None:
    """Refuse an adapter that has rows for tokens of its own and does not say which they are.

    Raises:
        BadInput: it is one.
    """
    path = folder / "adapter_config.json"
    content = read_json(path) if path.is_file() else {}
    if isinstance(content, dict) and content.get("trainable_token_indices") and read_latent_config(folder) is None:
        raise BadInput(
            f"{folder}: has rows for tokens of its own, but no {CONFIG} that says what they are: copy all of it"
        )


def find_models(options: Options) -> list[Model]:
    """The model and the adapter of this machine; none where it is served elsewhere."""
    if options.endpoint is not None:
        return []
    draws = options.drawing.variant is not None
    model = find_model(options.model, names=DRAWING_MODEL if draws else ())
    if options.adapter is None:
        return [model]
    adapter = find_model(options.adapter, ("adapter",), DRAWING_ADAPTER if draws else ())
    warn_of_another_base(model, adapter)
    return [model, adapter]


def warn_of_another_base(model: Model, adapter: Model) -> None:
    """Say so where an adapter was trained on another model: one of the same shape takes it and answers nonsense."""
    made_of = adapter.manifest.plan.inputs if adapter.manifest is not None else []
    bases = [entry for entry in made_of if entry.kind == model.entry.kind]
    if bases and model.entry.digest not in {entry.digest for entry in bases}:
        log.warning(
            "%s was trained on %s, which is not %s: is --model the right one?", adapter.entry.uri, bases[0].uri,
            model.entry.uri,
        )  # fmt: skip


def plan_shards(everything: ShardWork, samples_per_shard: int) -> list[Task[ShardWork]]:
    """Shards of a fixed number of answers."""
    return [
        Task(f"shards/{index:05d}.tar", len(part), replace(everything, start=part.start, stop=part.stop))
        for index, part in enumerate(in_parts(everything.stop, samples_per_shard))
    ]


def choose_maker(run: Run, options: Options, folders: Sequence[Path]) -> tuple[Maker[ShardWork], Mapping[str, Any]]:
    """What makes shards of answers, and which settings of the model's own it does not follow."""
    if options.drawing.variant is None:
        answer, ignored = choose_answerer(run, options, folders)
        return Answerer(answer), ignored
    from vtb_eval.drawer import Drawer

    return Drawer(folders, run.seed, options.device, options.drawing), {}


def choose_answerer(run: Run, options: Options, folders: Sequence[Path]) -> tuple[Ask, Mapping[str, Any]]:
    """What answers questions, and which settings of the model's own it does not follow."""
    if options.endpoint is not None:
        from vtb.chat.connection import Connection
        from vtb.chat.served import Asking, ServedModel
        from vtb_eval.there import FromServer

        connection = Connection(options.endpoint, options.timeout, options.retries, options.concurrency)
        asking = Asking(options.model, options.max_new_tokens, options.temperature, options.concurrency)
        return FromServer(ServedModel(connection, asking), run.seed, options.max_pixels), {}
    if options.backend == "vllm":
        from vtb_eval.vllm_model import check_vllm

        check_vllm(folders)
    ignored = ignored_settings(folders[0]) if options.temperature == 0 else {}
    return InBatches(folders, run.seed, run.workers, options), ignored


class Answerer:
    """Makes shards of answers."""

    def __init__(self, ask: Ask) -> None:
        """``ask`` answers questions, of which it gets the number of the first."""
        self._ask = ask

    def __call__(self, work: ShardWork, tick: Tick) -> ShardResult:
        """The answers to one shard of questions."""
        odd = list[str]()
        questions = list(read_questions(work, odd))
        answers = self._ask(questions, work.start, tick)
        samples = [
            make_sample(asked, said.text, said.finish, said.segments, said.without)
            for asked, said in zip(questions, answers, strict=True)
        ]
        return ShardResult(write_tar(fold(samples)), len(samples), stats={**figures_of(answers), **odd_figure(odd)})


def make_sample(
    question: Question, text: str, finish: str | None = None, segments: int | None = None,
    without: Mapping[str, str] | None = None,
) -> Sample:  # fmt: skip
    """One answer with all that its judge needs."""
    answer = encode_prediction(Prediction(question.example, question.text, text, finish, segments, without or {}))
    files = {name: file for one in question.asked for name, file in zip(one.names, one.files, strict=True)}
    return Sample(question.key, {PREDICTION: answer, **files})
