"""``vtb-gen-visual``: the benchmark's ten visual puzzles with their solutions."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from vtb.puzzles.registry import families
from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.scene import COLORS
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, fields, option
from vtb.stage.run import Run
from vtb_generate.amount import Amount
from vtb_generate.common import FormOptions, expected_distinct, generate
from vtb_generate.shards import Stream
from vtb_generate.task_option import Group

log = logging.getLogger("vtb.generate")

STAGE = Stage(
    command="vtb-gen-visual",
    summary="Generate visual puzzles with their solutions as pictures and clips.",
    version=4,
    image="vtb/gen-visual",
    writes=("puzzles",),
    parallel="shards",
    resources=Resources(cpu="2", memory="2Gi"),
)
GROUP = Group("visual")


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    task: tuple[str, ...] = GROUP.option()
    amount: Amount = fields(Amount)
    puzzle: Config = fields(Config)
    show_numbers: bool = option(
        False,
        help="Also make the picture with a number printed on every part, as the explanations name them; it is "
        "for people, models are asked about the one without.",
    )
    form: FormOptions = fields(FormOptions)

    def __post_init__(self) -> None:
        """Refuse kinds and amounts that cannot be."""
        self.streams()

    def streams(self) -> tuple[Stream, ...]:
        """What is made: one stream per kind."""
        return GROUP.streams(self.task, self.amount, dataclasses.replace(self.puzzle, clip=self.form.clip))


@stage_command(STAGE, Options)
def main(run: Run, options: Options) -> None:
    """Generate visual puzzles with their solutions as pictures and clips.

    Writes a puzzles artifact: shards of samples, a dataset card, a gallery, a preview page and plots of how hard the
    puzzles are. The same seed and options give the same bytes, whatever the workers; a run that was cut off continues
    where it stopped.

    Example: vtb-gen-visual --count 500 --task color_grid --task size_cycle --output out/visual
    """
    streams = options.streams()
    warn_of_repeats(streams)
    generate(run, options, GROUP.title(streams), streams, options.form, reasoning=options.show_numbers)


def warn_of_repeats(streams: Sequence[Stream]) -> None:
    """Say when a run asks for so many puzzles of a kind that one in ten or more repeats another."""
    for stream in streams:
        space = families()[stream.name].distinct(stream.config)
        if space is not None and (found := expected_distinct(space, stream.count)) < 0.9 * stream.count:
            log.warning(
                "%s: %.0f different puzzles exist with these options, %d are asked for, so about %.0f will be "
                "different: take %s; curate drops repeats",
                stream.name, space, stream.count, found, _more(stream),
            )  # fmt: skip


def _more(stream: Stream) -> str:
    """What would make more different puzzles."""
    family, config = families()[stream.name], stream.config
    freer = [] if config.sampling == "fair" else ["--sampling fair"]
    more = dataclasses.replace(config, colors=len(COLORS))
    freer += ["more --colors"] if (family.distinct(more) or 0) > (family.distinct(config) or 0) else []
    return " or ".join([*freer, "a smaller --count"])
