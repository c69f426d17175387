"""``vtb-prepare questions``: a published benchmark about videos or pictures as an artifact that ``vtb-eval`` takes."""

from __future__ import annotations

from vtb.datasets.benchmark_folder import KINDS
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_prepare.questions_options import Options

STAGE = Stage(
    command="vtb-prepare questions",
    summary="Read a benchmark about videos or pictures, with frames or pictures, for evaluation.",
    version=4,  # extracted frames in the order of their numbers
    image="vtb/prepare",
    reads=KINDS,
    needs_input=False,
    writes=("questions",),
    parallel="shards",
    resources=Resources(cpu="4", memory="8Gi"),
)


@stage_command(STAGE, Options)
def questions(run: Run, options: Options) -> None:
    """Read a benchmark about videos or pictures, with frames or pictures, for evaluation.

    Every video is decoded once, and its frames are kept once, however many questions ask about it; pictures are kept
    as they were published. In place of published files a folder in such a form that one of our generators made may be
    read (--input). vtb-eval predict asks a model, and vtb-eval score judges by the benchmark's own rules.

    Example: vtb-prepare questions --benchmark vsi-bench --questions test.parquet --videos vsi_bench/ --output out/vsi
    """
    if options.shows == "videos":
        from vtb_prepare.question_shards import make_questions  # what a help text does without

        make_questions(run, options)
    else:
        from vtb_prepare.pictures_shards import make_picture_questions

        make_picture_questions(run, options)
