"""The options of ``vtb-eval score``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vtb.chat.url import check_endpoint
from vtb.errors import UsageProblem
from vtb.stage.fields import StageOptions, option

JUDGE = "A model that reads answers"  # headings of the help
LIKENESS = "Captions"


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
    against: tuple[str, ...] = option(
        (), metavar="URI", affects_output=False, artifact=("scores",),
        help="Scores of the same puzzles, of the model before training or of an earlier checkpoint, to compare with "
             "puzzle by puzzle. May be repeated.",
    )  # fmt: skip
    judge_endpoint: str | None = option(
        None, metavar="URL", affects_output=False, group=JUDGE,
        help="Where no rule can read which option an answer in words chooses, ask a language model on this server of "
             "OpenAI's chat completions. It only reads: what is right stays hidden from it. Captions it gives marks, "
             "beside a person's. Its key, if it wants one, is OPENAI_API_KEY of the environment.",
    )  # fmt: skip
    judge_model: str | None = option(None, metavar="NAME", group=JUDGE, help="The name by which that model is served.")

    bert_model: str | None = option(
        None, metavar="PATH", affects_output=False, group=LIKENESS,
        help="Folder of bert-base-uncased, or of another model of text, for BERTScore.",
    )  # fmt: skip
    sentence_model: str | None = option(
        None, metavar="PATH", affects_output=False, group=LIKENESS,
        help="Folder of all-MiniLM-L6-v2, or of another model of sentences, for their cosine.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """A model is asked somewhere."""
        if (self.judge_endpoint is None) != (self.judge_model is None):
            raise UsageProblem("--judge-endpoint and --judge-model belong together: give both, or neither")
        if self.judge_endpoint is not None:
            check_endpoint(self.judge_endpoint, "--judge-endpoint")

    def recorded(self) -> dict[str, Any]:
        """A judge counts by its name, where there is one; models of text are inputs, here is which are asked."""
        every = super().recorded()
        asked = {name: True for name in ("bert_model", "sentence_model") if getattr(self, name) is not None}
        return {name: value for name, value in every.items() if name != "judge_model" or value is not None} | asked
