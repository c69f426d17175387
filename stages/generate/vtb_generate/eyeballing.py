"""``vtb-gen-eyeballing``: the benchmark's eyeballing puzzles with their solutions."""

from __future__ import annotations

from typing import Any

import click

from vtb.puzzles.config_options import config_options
from vtb.puzzles.eyeballing.common.config import Config
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.main import run as run_command
from vtb.stage.options import VtbOption
from vtb.stage.run import Run
from vtb_generate.common import clip_options, form_options, generate, take_form
from vtb_generate.task_option import Group

STAGE = Stage(
    command="vtb-gen-eyeballing",
    summary="Generate eyeballing puzzles with their solutions as pictures and clips.",
    version=2,
    image="vtb/gen-eyeballing",
    writes=("puzzles",),
    parallel="shards",
    resources=Resources(cpu="2", memory="2Gi"),
)
# The benchmark has the arcs themselves as candidates; the variant with points is ours to choose by name.
GROUP = Group("eyeballing", extra=frozenset({"arc_connect_point_ver"}))

OPTIONS: list[click.Option] = [
    GROUP.option(),
    VtbOption(["--count"], type=click.IntRange(1), default=100, help="Puzzles of each kind."),
    *config_options(Config),
    *clip_options("the answer is constructed and then marked", "the picture is letterboxed into it"),
    *form_options(),
]


@stage_command(STAGE, params=OPTIONS)
def main(run: Run, task: tuple[str, ...], count: int, **values: Any) -> None:
    """Generate eyeballing puzzles with their solutions as pictures and clips.

    Each asks which of five marked points completes a construction, or which arc goes on. Writes a puzzles artifact:
    shards of samples, a dataset card that says how many draws were rejected, a gallery, a preview page and plots of
    how hard the puzzles are. The same seed and options give the same bytes, whatever the workers; a run that was cut
    off continues where it stopped.

    Example: vtb-gen-eyeballing --count 500 --task midpoint --task incenter --output out/eyeballing
    """
    form = take_form(values)
    streams = GROUP.streams(task, count, Config(clip=form.clip, **values))
    generate(run, GROUP.title(streams), streams, form)


def entry() -> None:
    """The console script."""
    run_command(main)


if __name__ == "__main__":
    entry()
