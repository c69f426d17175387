"""The options of ``vtb-eval score``."""

from __future__ import annotations

from dataclasses import dataclass

from vtb.stage.fields import StageOptions, option


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
