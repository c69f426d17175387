"""``vtb-gen-eyeballing``: the benchmark's eyeballing puzzles with their solutions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vtb.puzzles.eyeballing.common.config import Config
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, fields
from vtb.stage.run import Run
from vtb_generate.amount import Amount
from vtb_generate.common import FormOptions, generate
from vtb_generate.shards import Stream
from vtb_generate.task_option import Group

STAGE = Stage(
    command="vtb-gen-eyeballing",
    summary="Generate eyeballing puzzles with their solutions as pictures and clips.",
    version=3,
    image="vtb/gen-eyeballing",
    writes=("puzzles",),
    parallel="shards",
    resources=Resources(cpu="2", memory="2Gi"),
)
# The benchmark has the arcs themselves as candidates; the variant with points is ours to choose by name.
GROUP = Group("eyeballing", extra=frozenset({"arc_connect_point_ver"}))


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    task: tuple[str, ...] = GROUP.option()
    amount: Amount = fields(Amount)
    puzzle: Config = fields(Config)
    form: FormOptions = fields(FormOptions)

    def __post_init__(self) -> None:
        """Refuse kinds and amounts that cannot be."""
        self.streams()

    def streams(self) -> tuple[Stream, ...]:
        """What is made: one stream per kind."""
        return GROUP.streams(self.task, self.amount, replace(self.puzzle, clip=self.form.clip))


@stage_command(STAGE, Options)
def main(run: Run, options: Options) -> None:
    """Generate eyeballing puzzles with their solutions as pictures and clips.

    Each asks which of five marked points completes a construction, or which arc goes on. Writes a puzzles artifact:
    shards of samples, a dataset card that says how many draws were rejected, a gallery, a preview page and plots of
    how hard the puzzles are. The same seed and options give the same bytes, whatever the workers; a run that was cut
    off continues where it stopped.

    Example: vtb-gen-eyeballing --count 500 --task midpoint --task incenter --output out/eyeballing
    """
    streams = options.streams()
    generate(run, options, GROUP.title(streams), streams, options.form)
