"""The options of ``vtb-curate``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vtb.errors import UsageProblem
from vtb.stage.fields import StageOptions, internal, option

Layout = Literal["shards", "folder"]


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    val: float = option(0.05, low=0, high=1, help="Share of the puzzles that goes into the val split.")
    test: float = option(0.05, low=0, high=1, help="Share that goes into the test split; the rest is train.")
    difficulty: tuple[tuple[str, float, float], ...] = option(
        (), help="Keep only puzzles with this figure in this range, ends included, for example path_length=10..40 or "
                 "turns=3.. ; may be repeated.",
    )  # fmt: skip
    # Which puzzles it holds is recorded as an input.
    benchmark: tuple[str, ...] = option(
        (), metavar="PATH|URI", affects_output=False, artifact=("puzzles",),
        help="Drop every puzzle that is one of these: a folder with data.json, the hub's parquet files, or a puzzles "
             "artifact; may be repeated.",
    )  # fmt: skip
    max_bad: float = option(
        0.01, low=0, high=1, affects_output=False,
        help="Largest share of bad samples to go on with; above it the command exits 5, and where it is left out also "
             "for any shard that is not what its manifest says.",
    )  # fmt: skip
    given: frozenset[str] = internal(frozenset())
    samples_per_shard: int = option(256, low=1, help="Samples in one shard.")
    layout: Layout = option(
        "shards", help="WebDataset shards, or the VLMPuzzle folder tree with a data.json for each task."
    )

    def __post_init__(self) -> None:
        """Shares are of one whole."""
        if self.val + self.test > 1:
            raise UsageProblem(f"--val {self.val:g} and --test {self.test:g} are more than everything together")
