"""``vtb-gen-arc``: ARC-AGI-2 tasks as pictures and clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vtb.artifact import InputEntry
from vtb.errors import UsageProblem
from vtb.formats.arc import ArcTask, read_tasks, tasks_digest
from vtb.puzzles.arc.arc_agi_2 import Config
from vtb.puzzles.arc.common.layout import LEAST_CELL, least_size
from vtb.puzzles.arc.common.toy_tasks import OWN_PAIRS, OWN_SIDE
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, fields, internal, option
from vtb.stage.run import Run
from vtb.store import open_store
from vtb_generate.common import FormOptions, generate
from vtb_generate.shards import Stream

STAGE = Stage(
    command="vtb-gen-arc",
    summary="Draw ARC-AGI-2 tasks with their solutions as pictures and clips.",
    version=3,
    image="vtb/gen-arc",
    writes=("puzzles",),
    parallel="shards",
    resources=Resources(cpu="2", memory="2Gi"),
)
FAMILY = "arc_agi_2"
_GRID = ((0,) * OWN_SIDE,) * OWN_SIDE
LARGEST_OWN = ArcTask("of our own", ((_GRID, _GRID),) * (OWN_PAIRS - 1), (_GRID, _GRID))


@dataclass(frozen=True)
class ArcForm(FormOptions):
    """The form of ARC pictures and clips."""

    # Eleven rows of the largest grids, ten training pairs and the question, still have four pixels a cell in it.
    clip_size: tuple[int, int] = option(
        (960, 1728), group="Clips",
        help="Size of a clip in pixels, multiples of 32; the picture is drawn anew in the middle, with the largest "
             "cells that fit.",
    )  # fmt: skip


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    # The content of the files is recorded as an input; where they lie changes nothing.
    tasks: Path | None = option(
        None, file=True, metavar="PATH", affects_output=False,
        help="Folder or zip file of public ARC task files (*.json): each task once, in the order of their names, with "
             "its first test pair. Without it, small tasks of our own are made, for trying out.",
    )  # fmt: skip
    limit: int | None = option(None, low=1, help="Only so many tasks of --tasks, the first ones.")
    count: int = option(100, low=1, help="Tasks of our own: mirrored grids and swapped colors. Only without --tasks.")
    puzzle: Config = fields(Config)
    form: ArcForm = fields(ArcForm)
    given: frozenset[str] = internal(frozenset())

    @property
    def useless(self) -> str:
        """The option that the chosen kind of tasks has no use for."""
        return "limit" if self.tasks is None else "count"

    def __post_init__(self) -> None:
        """Refuse the useless one, and a size that our own tasks do not fit into."""
        if self.useless in self.given:
            why, instead = ("--tasks names no files", "--count") if self.tasks is None else (
                "--tasks gives each task once", "--limit"
            )  # fmt: skip
            raise UsageProblem(f"--{self.useless} cannot be used here, since {why}: leave it out, or take {instead}")
        if self.tasks is None:
            check_fit([LARGEST_OWN], self.config)

    @property
    def config(self) -> Config:
        """How tasks are drawn."""
        return replace(self.puzzle, clip=self.form.clip)

    def recorded(self) -> dict[str, Any]:
        """Without the useless one."""
        return {name: value for name, value in super().recorded().items() if name != self.useless}


@stage_command(STAGE, Options)
def main(run: Run, options: Options) -> None:
    """Draw ARC-AGI-2 tasks with their solutions as pictures and clips.

    A picture shows the training pairs of a task and its test input in rows; the last output is blank. Writes a puzzles
    artifact: shards of samples, a dataset card, a gallery, a preview page and plots of how hard the tasks are. The same
    files and options give the same bytes, whatever the workers; a run that was cut off continues where it stopped.

    Example: vtb-gen-arc --tasks ARC-AGI-2/data/evaluation --output out/arc
    """
    config = options.config
    found = read_tasks(options.tasks) if options.tasks else []
    chosen = found[: options.limit]
    if options.tasks is not None:
        check_fit(chosen, config)
    each = tuple(replace(config, task=task) for task in chosen)
    place = open_store(str(options.tasks)).uri
    inputs = [InputEntry(place, "arc-tasks", tasks_digest(found))] if options.tasks else []
    stream = Stream(FAMILY, config, len(each) or options.count, each=each)
    generate(run, options, FAMILY, [stream], options.form, inputs=inputs)


def check_fit(tasks: Sequence[ArcTask], config: Config) -> None:
    """Refuse tasks whose cells would be too small to be judged, all at once and before anything is drawn."""
    side = config.max_side
    _check_size(tasks, "picture", (side, side), lambda width, height: f"--max-side {max(width, height)}")
    if config.clip is not None:
        _check_size(
            tasks, "clip", config.clip.size, lambda width, height: f"--clip-size {_in_32(width)}x{_in_32(height)}"
        )


def _check_size(
    tasks: Sequence[ArcTask], what: str, size: tuple[int, int], remedy: Callable[[int, int], str]
) -> None:  # fmt: skip
    least = {task.task_id: least_size(task) for task in tasks}
    large = [name for name, (width, height) in least.items() if width > size[0] or height > size[1]]
    if large:
        more = f" and {len(large) - 1} more" if len(large) > 1 else ""
        needed = remedy(*(max(least[name][axis] for name in large) for axis in (0, 1)))
        raise UsageProblem(
            f"task {large[0]}{more}: too large for a {what} of {size[0]}x{size[1]} with {LEAST_CELL} pixels a cell: "
            f"take {needed} or more"
        )


def _in_32(side: int) -> int:
    return -(-side // 32) * 32
