"""``vtb-curate``: from generated puzzles to a data set one can train and test on."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.on_demand import OnDemand
from vtb.stage.run import Run
from vtb_curate.curate_options import Options

STAGE = Stage(
    command="vtb-curate",
    summary="Judge, de-duplicate, filter and split puzzles.",
    version=5,
    image="vtb/curate",
    reads=("puzzles",),
    many_inputs=True,
    writes=("puzzles",),
    resources=Resources(cpu="2", memory="4Gi"),
)
OTHERS = OnDemand({"videos": "vtb_curate.videos:videos"})


@stage_command(STAGE, Options, OTHERS)
def main(run: Run, options: Options) -> None:
    """Judge, de-duplicate, filter and split puzzles.

    Every sample is judged anew by its family: a picture, answer or clip that its own judge does not accept is put
    into quarantine with the reason. Repeated puzzles are dropped, within and across inputs, and so are those of a
    benchmark. The split of a puzzle depends on the puzzle alone, so it never moves when data is added. An input may
    also be a folder with data.json in the VLMPuzzle layout, or the hub's parquet files.

    Example: vtb-curate --input out/mazes --output out/curated
    """
    from vtb_curate.curating import make_curated  # what a help text does without

    make_curated(run, options)
