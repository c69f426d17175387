"""The options of ``vtb-eval predict``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from vtb.chat.url import check_endpoint
from vtb.errors import UsageProblem
from vtb.stage.fields import StageOptions, fields, internal, option
from vtb_eval.closings import CLOSINGS
from vtb_eval.drawing_options import DrawingOptions
from vtb_eval.latent_options import LatentOptions

MODEL, ENDPOINT, ASKED, SAMPLING = "The model", "An endpoint", "What is asked", "Answers"  # headings of the help
OF_LATENTS = tuple(field.name for field in dataclasses.fields(LatentOptions))
OF_WORDS = (
    "backend", "endpoint", "concurrency", "retries", "timeout", "style", "max_pixels", "blind", "batch_size",
    "max_new_tokens", "temperature", *OF_LATENTS,
)  # fmt: skip
HERE = ("adapter", "device", "backend", "batch_size", *OF_LATENTS)
OF_TRANSFORMERS = ("device", "batch_size", *OF_LATENTS)
COOLEST = 0.001  # temperature; below, numbers overflow
THERE = ("concurrency", "retries", "timeout")


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    model: str = option(
        metavar="PATH|URI|NAME", affects_output=False, artifact=("checkpoint",), group=MODEL,
        help="The model: a local folder with its files, or a checkpoint artifact; with --endpoint the name by which it "
             "is served.",
    )  # fmt: skip
    adapter: str | None = option(
        None, metavar="PATH|URI", affects_output=False, artifact=("adapter",), group=MODEL,
        help="An adapter to put on the model: an adapter artifact or a PEFT folder.",
    )  # fmt: skip
    device: Literal["auto", "cpu", "cuda"] = option(
        "auto", affects_output=False, group=MODEL, help="Where to run; auto takes the GPU where there is one."
    )
    backend: Literal["transformers", "vllm"] = option(
        "transformers", group=MODEL,
        help="What runs a model of this machine that answers in words: transformers, or vLLM, which needs an NVIDIA "
             "GPU and answers all questions of a shard at once.",
    )  # fmt: skip
    endpoint: str | None = option(
        None, metavar="URL", affects_output=False, group=ENDPOINT,
        help="Ask a server that speaks OpenAI's chat completions, for example http://localhost:8000/v1, in place of a "
             "model of this machine. Its key, if it wants one, is OPENAI_API_KEY of the environment.",
    )  # fmt: skip
    concurrency: int = option(
        8, low=1, high=1024, affects_output=False, group=ENDPOINT, help="Questions that are asked at the same time."
    )
    retries: int = option(
        8, low=0, affects_output=False, group=ENDPOINT,
        help="Tries after the first for each question, with growing pauses, where a failure may pass.",
    )  # fmt: skip
    timeout: float = option(
        600.0, low=0, above=True, affects_output=False, group=ENDPOINT, help="Seconds that an answer may take."
    )
    split: str = option("test", group=ASKED, help="Split to ask about; all takes everything. Ignored without splits.")
    limit: int | None = option(None, low=1, group=ASKED, help="Ask only about the first so many samples.")
    style: str | None = option(
        None, choices=tuple(CLOSINGS), group=ASKED,
        help="Ask for the answer at once, for thinking first, or in plain words; left out: direct, and plain for a "
             "benchmark's own records and for models of latent-sft and latent-grpo.",
    )  # fmt: skip
    max_pixels: int = option(
        262_144, low=1024, group=ASKED,
        help="Scale larger pictures down to this many pixels; take the number of the training, which a model of "
             "vtb-train-vlm geometry says itself.",
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

    latents: LatentOptions = fields(LatentOptions)
    drawing: DrawingOptions = fields(DrawingOptions)

    given: frozenset[str] = internal(frozenset())

    def __post_init__(self) -> None:
        """Refuse what cannot be asked, and what would be passed over without a word."""
        if self.endpoint is not None:
            check_endpoint(self.endpoint)
        self._check_answers()
        if 0 < self.temperature < COOLEST:
            raise UsageProblem(
                f"--temperature {self.temperature:g}: give 0 for the likeliest token, or {COOLEST} or more"
            )
        if self.latents.latent_ablations and self.batch_size == 1:
            raise UsageProblem("--latent-ablations takes latents of other questions of a batch: raise --batch-size 1")
        where = "a model of this machine, not for --endpoint" if self.endpoint is not None else "--endpoint"
        for name in HERE if self.endpoint is not None else THERE:
            if name in self.given:
                raise UsageProblem(f"--{name.replace('_', '-')} is for {where}: leave it out")

        if self.backend == "vllm":
            for name in sorted(self.given & {*OF_TRANSFORMERS}):
                raise UsageProblem(f"--{name.replace('_', '-')} is for --backend transformers: leave it out")

    def _check_answers(self) -> None:
        """Words have their options, and drawings theirs."""
        draws = self.drawing.variant is not None
        others = OF_WORDS if draws else {field.name for field in dataclasses.fields(DrawingOptions)}
        for name in sorted(self.given & set(others)):
            which = "answers in words, not for --variant" if draws else "models that draw: give --variant, too"
            raise UsageProblem(f"--{name.replace('_', '-')} is for {which}" + (": leave it out" if draws else ""))

    def recorded(self) -> dict[str, Any]:
        """A served model is known by its name alone, wherever it is asked.

        With a temperature, the questions of a batch share one source of chance, and with ablations their latents: its
        size counts then. What is said of latents counts only where it is not the default.
        """
        every = super().recorded()
        for name in OF_LATENTS:
            if every[name] == getattr(LatentOptions(), name):
                del every[name]
        if self.backend == "transformers":  # vLLM's kernels round otherwise
            del every["backend"]
        others = OF_WORDS if self.drawing.variant else [field.name for field in dataclasses.fields(DrawingOptions)]
        said = {name: value for name, value in every.items() if name not in others}
        if self.endpoint is not None:
            return {**said, "model": self.model}
        shared = (
            self.backend == "transformers"
            and (self.temperature > 0 or self.latents.latent_ablations)
            and not self.drawing.variant
        )
        batch = {"batch_size": self.batch_size} if shared else {}
        return {**said, **batch}
