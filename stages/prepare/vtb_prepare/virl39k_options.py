"""The options of ``vtb-prepare virl39k``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vtb.errors import UsageProblem
from vtb.stage.fields import StageOptions, option
from vtb_prepare.quality import max_bad_option


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options; what lies in the files is recorded as inputs, not where they lie."""

    questions: Path = option(
        file=True, existing=True, affects_output=False, metavar="FILE",
        help="The published rows: the parquet file, or the same rows as JSON or JSON lines.",
    )  # fmt: skip
    images: Path = option(
        file=True, existing=True, affects_output=False, metavar="FOLDER|ARCHIVE",
        help="The folder below which images/ lies, or a zip, tar or tar.gz file of it, such as the published "
             "images.zip.",
    )  # fmt: skip
    min_pass_rate: float = option(
        0.0, low=0, high=1, help="Least pass rate of the 32B model (PassRate_32BTrained) of a row that is kept."
    )
    max_pass_rate: float = option(
        1.0, low=0, high=1, help="Largest such pass rate; what a model always solves teaches it nothing."
    )
    unannotated: bool = option(False, help="Keep the rows whose pass rate nobody measured (-1), too.")
    category: tuple[str, ...] = option(
        (), metavar="NAME", help="Keep only rows of this category, as the file names it. May be repeated."
    )
    text_only: bool = option(False, help="Keep the rows that show no picture, too.")
    val: float = option(0.05, low=0, high=1, help="Share for val, by the pictures of the rows.")
    max_bad: float = max_bad_option(0.01, "rows whose pictures may be missing or damaged")

    def __post_init__(self) -> None:
        """Refuse bounds that no row can meet."""
        if self.min_pass_rate > self.max_pass_rate:
            raise UsageProblem("--min-pass-rate: is above --max-pass-rate, which leaves no row")
