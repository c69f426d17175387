"""The options of ``vtb-prepare latent``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vtb.errors import UsageProblem
from vtb.stage.fields import StageOptions, internal, option
from vtb_prepare.quality import max_bad_option

_OF_DATA, _OF_PUZZLES = ("images", "form"), ("segments",)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options; what lies in the files is recorded as inputs, not where they lie."""

    segments: int = option(
        2, low=1, high=16,
        help="Helper pictures of each puzzle: the stages of its solution at equal distances, the last complete; a "
             "puzzle whose solution is drawn in fewer strokes has fewer.",
    )  # fmt: skip
    data: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FILE",
        help="In place of --input: published rows with helper pictures, as JSON lines or a JSON list; of a folder its "
             "TRAIN.jsonl.",
    )  # fmt: skip
    images: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FOLDER",
        help="The pictures of --data: the folder below which its paths begin, or a tar, tar.gz or zip file of it.",
    )  # fmt: skip
    form: Literal["auto", "interleaved", "single", "think"] = option(
        "auto",
        help="Form of --data: interleaved (sequence_plan, of ILVR), single (text_output and image_output, of Mirage), "
             "think (cot and depth_path), or by the keys of the first row.",
    )  # fmt: skip
    val: float = option(
        0.05, low=0, high=1,
        help="Share for val: of the puzzles of an input without splits (a curated one keeps its own), of published "
             "rows by their pictures.",
    )  # fmt: skip
    max_bad: float = max_bad_option(0.0, "rows that may be damaged or of no use")
    given: frozenset[str] = internal(frozenset())

    def __post_init__(self) -> None:
        """Refuse options of the one source together with the other."""
        if self.data is not None and self.images is None:
            raise UsageProblem("--data: needs its pictures: give their folder or archive with --images")
        for name in _OF_PUZZLES if self.data is not None else _OF_DATA:
            if name in self.given:
                takes = "--input, not --data" if self.data is not None else "--data"
                raise UsageProblem(f"--{name}: goes with {takes}")
