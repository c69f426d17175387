"""``vtb-gen-dynamic``: questions about how things move in videos, in the form of DSR-Bench."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_generate.dynamic_options import OF_BENCHMARKS, Options

STAGE = Stage(
    command="vtb-gen-dynamic",
    summary="Ask how things move in videos, rendered ones of exact truth or your own.",
    version=3,  # types are tried as often as makes them equally frequent
    image="vtb/gen-dynamic",
    writes=("questions", "benchmark-folder"),
    kind_option=("layout", {"shards": "questions", **dict.fromkeys(OF_BENCHMARKS, "benchmark-folder")}),
    parallel="shards",
    resources=Resources(cpu="2", memory="2Gi"),
)


@stage_command(STAGE, Options)
def main(run: Run, options: Options) -> None:
    """Ask how things move in videos, rendered ones of exact truth or your own.

    By default bodies that move and turn under a moving camera are rendered, and every answer is exact. With --backend
    models the videos of a folder are looked at by a detector, a tracker and a reconstruction, whose weights vtb weights
    checks. The twelve types of DSR-Bench are asked; what the words of a question alone tell is measured and stands in
    the data set card. With --layout the rendered videos and questions about them have the published form of a
    benchmark, which vtb-prepare questions reads. The same seed and options give the same bytes, whatever the workers;
    a run that was cut off continues where it stopped.

    Example: vtb-gen-dynamic --scenes 100 --output out/dynamic
    """
    if options.layout == "shards":
        from vtb_generate.dynamic_shards import make_questions  # what a help text does without

        make_questions(run, options)
    else:
        from vtb_generate.benchmark_shards import make_folder

        make_folder(run, options)
