"""Which videos are a benchmark's: by the names in its questions."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path

from vtb.artifact.output import file_sha256
from vtb.benchmarks.registry import find_benchmark
from vtb.datasets.video_folder import find_videos
from vtb.errors import BadInput
from vtb_prepare.dynamic_options import Options
from vtb_prepare.dynamic_questions import bare_name
from vtb_prepare.question_shards import read

log = logging.getLogger("vtb.prepare")
BENCHMARKS = ("dsr-bench", "vlm4d")
_RENDERED = re.compile(r"scene-\d+-\d{7,}")  # as vtb-gen-dynamic names what it renders


def benchmark_names(files: Iterable[Path]) -> frozenset[str]:
    """The names of the videos that benchmarks ask about, without folders.

    Raises:
        BadInput: a file is of no benchmark that is known here.
    """
    return frozenset(name for file in files for name in _names(file))


def warn_unchecked(options: Options, *, rendered: bool) -> None:
    """Say so where nobody has looked whether videos are a benchmark's; those that were rendered here cannot be."""
    if not options.benchmark_questions and not rendered:
        log.warning("--benchmark-questions is not given: nobody has checked that no video is one of a benchmark's")


def is_rendered(video: str) -> bool:
    """Whether a video has the name of a scene that vtb-gen-dynamic has rendered."""
    return _RENDERED.fullmatch(video) is not None


def _names(file: Path) -> set[str]:
    said = []
    for name in BENCHMARKS:
        try:
            return {bare_name(asking.video) for asking in read(find_benchmark(name), file)}
        except BadInput as error:
            said.append(f"as {name}: {error}")
    raise BadInput(f"--benchmark-questions: {file} cannot be read {'; '.join(said)}")


def benchmark_inputs(options: Options) -> list[tuple[str, Path, str]]:
    """The files by their content, the videos by names and sizes."""
    named = [("benchmark-questions", file, file_sha256(file)) for file in options.benchmark_questions]
    if options.benchmark_videos:
        named.append(("videos", options.benchmark_videos, find_videos(options.benchmark_videos).digest))
    return named
