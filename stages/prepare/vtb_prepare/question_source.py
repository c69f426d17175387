"""Where the questions and the videos of a benchmark are: files that were published, or a folder that was made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vtb.artifact import InputEntry, read_manifest
from vtb.artifact.output import file_sha256
from vtb.datasets.benchmark_folder import benchmark_of, fetched
from vtb.errors import BadInput
from vtb.stage.run import Run, entry_of
from vtb.store import is_remote
from vtb_prepare.by_video import inputs_of
from vtb_prepare.questions_options import Options


@dataclass(frozen=True)
class Source:
    """Local files.

    Attributes:
        questions: the file of questions.
        videos: the folder of videos.
        made: the artifact that both are of; None where they were published.
    """

    questions: Path
    videos: Path
    made: InputEntry | None = None

    def inputs(self, benchmark: str, videos: str) -> Sequence[InputEntry]:
        """For the plan; ``videos`` is the digest of their names and sizes."""
        if self.made is not None:
            return [self.made]
        named = [(benchmark, self.questions, file_sha256(self.questions)), ("videos", self.videos, videos)]
        return inputs_of(named)


def find_source(run: Run, options: Options) -> Source | None:
    """The files; None where nothing is left to do, which is found before anything is brought here.

    Raises:
        BadInput: the artifact is of another benchmark, or damaged.
    """
    if not run.inputs:
        assert options.questions is not None  # the options see to both
        assert options.videos is not None
        return Source(options.questions, options.videos)
    (uri,) = run.inputs
    manifest = read_manifest(uri, run.stage.reads)
    holds, entry = benchmark_of(uri, manifest), entry_of(uri, manifest)
    if holds != options.benchmark:
        raise BadInput(f"{uri}: has the form of {holds}, not of {options.benchmark}: say --benchmark {holds}")
    plan = run.plan(options, [entry])
    if run.dry_run and is_remote(uri):
        run.say_plan(plan, f"{manifest.rows} questions with frames")
        return None
    if run.already_done(plan):
        return None
    folder = fetched(uri, manifest)
    return Source(folder.questions, folder.videos, entry)
