"""Folders in the published form of a benchmark that our generators write: a file of questions, and videos.

The manifest of the kind ``benchmark-folder`` says of which benchmark it has the form; ``vsi-folder`` is of VSI-Bench.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vtb.artifact import Manifest
from vtb.artifact.local import local_folder, verify
from vtb.benchmarks.dsr_bench import NAME as DSR_BENCH
from vtb.benchmarks.four_d_bench import NAME as FOUR_D_BENCH
from vtb.benchmarks.vlm4d import NAME as VLM4D
from vtb.benchmarks.vsi_bench import NAME as VSI_BENCH
from vtb.errors import BadInput
from vtb.store import is_remote

KIND, VSI_KIND = "benchmark-folder", "vsi-folder"
KINDS = (KIND, VSI_KIND)
VIDEOS = "videos"  # the folder below which they lie
BENCHMARK = "benchmark"  # what the metrics call it
# The questions of each, by the name that its published file has, or one like it.
FILES: Mapping[str, str] = {
    DSR_BENCH: "benchmark.tsv", VLM4D: "synthetic_mc.json", FOUR_D_BENCH: "4d_qa.json", VSI_BENCH: "questions.json",
}  # fmt: skip


@dataclass(frozen=True)
class BenchmarkFolder:
    """Where the questions and the videos lie here."""

    questions: Path
    videos: Path


def benchmark_of(uri: str, manifest: Manifest) -> str:
    """The benchmark whose form an artifact of one of the two kinds has.

    Raises:
        BadInput: its manifest does not say one that is known here.
    """
    said = VSI_BENCH if manifest.plan.kind == VSI_KIND else manifest.metrics.get(BENCHMARK)
    if not isinstance(said, str) or said not in FILES:
        raise BadInput(f"{uri}: does not say of which benchmark it is, or says an unknown one: upgrade vtb-train")
    return said


def fetched(uri: str, manifest: Manifest) -> BenchmarkFolder:
    """An artifact of one of the two kinds as local files, brought to the cache where it lies in a store.

    Raises:
        BadInput: it is damaged, or has no questions.
    """
    folder, file = local_folder(uri, manifest), FILES[benchmark_of(uri, manifest)]
    if not is_remote(uri):  # a copy was checked when it was made
        verify(uri, manifest, folder)
    if file not in {entry.path for entry in manifest.files}:
        raise BadInput(f"{uri}: has no {file}: make the artifact again")
    return BenchmarkFolder(folder / file, folder / VIDEOS)
