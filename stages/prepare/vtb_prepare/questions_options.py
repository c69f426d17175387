"""The options of ``vtb-prepare questions``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vtb.errors import UsageProblem
from vtb.stage.fields import StageOptions, internal, option
from vtb_prepare.quality import max_bad_option

if TYPE_CHECKING:
    from vtb.benchmarks.registry import Views

OF_FILES = ("questions", "videos", "images")
OF_VIDEOS = ("videos", "frames", "frame_pixels", "show")


def published() -> tuple[str, ...]:
    """The benchmarks whose published files this stage reads."""
    from vtb.benchmarks.registry import benchmarks

    return tuple(name for name, benchmark in benchmarks().items() if benchmark.read is not None)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options; what lies in the files is recorded as inputs, not where they lie."""

    benchmark: str = option(choices=published, help="The benchmark.")
    questions: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FILE",
        help="Its published questions: the parquet file, or the same rows as JSON or JSON lines; of mmmu and dsr-bench "
             "the TSV file, of 4d-bench 4d_qa.json, of 4d-bench-captions human_annotations.csv.",
    )  # fmt: skip
    videos: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FOLDER",
        help="Its videos as DATASET/SCENE.mp4, or their frames as pictures in DATASET/SCENE/; for a benchmark about "
             "videos.",
    )  # fmt: skip
    images: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FOLDER|ARCHIVE",
        help="Its pictures, for a benchmark about these: the folder below which the paths of the questions begin, or a "
             "tar, tar.gz or zip file of it. The file of mmmu has them itself.",
    )  # fmt: skip
    frames: int = option(32, low=1, high=999, help="Frames of each video, at equal distances, both ends included.")
    frame_pixels: int = option(262_144, low=1024, help="Scale larger frames down to this many pixels.")
    show: Literal["images", "video"] = option(
        "images", help="Ask about the frames as so many pictures, as `vtb-prepare vsi` trains, or as one video."
    )
    max_bad: float = max_bad_option(0.0, "videos, or questions by their pictures, that may be missing or damaged")

    given: frozenset[str] = internal(frozenset())

    @property
    def shows(self) -> str:
        """What the questions of the benchmark show (``vtb.benchmarks.registry.Benchmark``)."""
        from vtb.benchmarks.registry import find_benchmark

        return find_benchmark(self.benchmark).shows

    @property
    def views(self) -> Views | None:
        """Which videos a question shows, where they are several."""
        from vtb.benchmarks.registry import find_benchmark

        return find_benchmark(self.benchmark).views

    def __post_init__(self) -> None:
        """Refuse what the benchmark does not show, and ask for what it does."""
        shows = self.shows
        needed = {"videos": "videos", "pictures": "images"}.get(shows)
        if "input" in self.given:
            self._check_input()
        elif self.questions is None:
            raise UsageProblem("--questions: give the published file, or with --input a folder that was made here")
        elif needed is not None and getattr(self, needed) is None:
            raise UsageProblem(f"--{needed}: {self.benchmark} asks about {shows}: give where they lie")
        others = ("images",) if shows == "videos" else (*OF_VIDEOS, *(() if needed else ("images",)))
        if self.views is not None and "frames" in self.given:
            raise UsageProblem(
                f"--frames: {self.benchmark} shows {self.views.frames} of each of its videos: leave it out"
            )
        for name in others:
            if name in self.given:
                where = " in its file of questions" if needed is None else ""
                raise UsageProblem(
                    f"--{name.replace('_', '-')}: {self.benchmark} asks about {shows.removeprefix('own ')}{where}: "
                    "leave it out"
                )

    def _check_input(self) -> None:
        """Refuse files beside a folder that has them, and benchmarks of which there are no such folders."""
        for name in OF_FILES:
            if getattr(self, name) is not None:
                raise UsageProblem(f"--{name}: the folder of --input has all: give one of the two")
        if self.shows != "videos":
            raise UsageProblem(f"--input: holds videos, and {self.benchmark} shows none: give --questions")

    def recorded(self) -> dict[str, Any]:
        """Without how frames are taken, where there are no videos, or the benchmark says it."""
        unused = OF_VIDEOS if self.shows != "videos" else ("frames",) if self.views is not None else ()
        return {name: value for name, value in super().recorded().items() if name not in unused}
