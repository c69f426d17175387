"""From records that others made to examples: of the benchmark, and of the VLMPuzzle tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from vtb.benchmarks.videothinkbench import NAME, arc, arcs, eyeballing, maze, visual
from vtb.benchmarks.videothinkbench.names import family_name
from vtb.benchmarks.videothinkbench.tasks import GRIDS, tasks
from vtb.errors import BadInput
from vtb.media.image import Image
from vtb.tasks.example import Example, Prompts, figures_of
from vtb.tasks.task import MODALITIES, Task

GetImage = Callable[[], Image]
# What a record that is not what it says can raise while its fields are looked at.
_DAMAGE = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError)

# What the prompts are called, by the names of the later generators and of the earlier ones.
_PROMPTS: dict[str, tuple[str, ...]] = {
    "vlm": ("gpt5_prompt", "ti2t_prompt", "prompt"),
    "image": ("ti2i_prompt", "prompt"),
    "video": ("ti2v_prompt", "prompt"),
}


def as_example(record: Mapping[str, Any], task: str | None, puzzle: Image, solution: GetImage) -> Example:
    """A record of the benchmark or of the VLMPuzzle tools as an example.

    Args:
        record: as its maker wrote it.
        task: what its folder or row is called.
        puzzle: its picture.
        solution: gives the picture of its solution; visual puzzles need it, as does everything without geometry.

    Raises:
        BadInput: a task that no family here has, a record that is not what it says, or pictures that do not show what
            they should.
    """
    family = family_name(record, task)
    try:
        name = arcs.version_of(family, record, puzzle)
        found = tasks()[name]
        key = str(record["id"])
        fields = _fields(name, found.group, dict(record), puzzle, solution)
        payload = msgspec.convert(fields, found.payload_class)
    except _DAMAGE as error:
        missing = isinstance(error, KeyError) and len(error.args) == 1
        raise BadInput(f"it has no {error.args[0]}" if missing else f"it is damaged: {error}") from error
    found.validate(payload)
    return Example(
        key=key,
        source=NAME,
        task=name,
        version=found.version,
        prompts=_prompts(found, record, payload),
        answer=found.answer(payload),
        difficulty=figures_of(found.difficulty(payload)),
        payload=payload,
    )


def _prompts(task: Task[Any], record: Mapping[str, Any], payload: Any) -> Prompts:
    """The maker's words where the record has them; questions of visual puzzles are put together with their options."""
    given = {**_PROMPTS, **({"vlm": ()} if "question" in record else {})}
    words = {
        modality: next((str(record[name]) for name in given[modality] if record.get(name)), None)
        for modality in MODALITIES
    }
    return Prompts(**{modality: said or task.ask(payload, modality) for modality, said in words.items()})


def _fields(name: str, group: str, record: dict[str, Any], puzzle: Image, solution: GetImage) -> dict[str, Any]:
    """The fields of the payload; what the record does not hold is read off its pictures."""
    if name == "maze_square":
        return maze.square_as_ours(record if "maze_grid" in record else {**record, **maze.read_square(puzzle)})
    if name in GRIDS:
        return maze.grid_as_ours(name, record, puzzle)
    if group == "visual":
        return visual.as_ours(record, puzzle, solution())
    if group == "arc":
        seen = {} if "placements" in record else arc.read_pictures(puzzle, solution())
        return arc.as_ours({**record, **seen}, puzzle)
    if "candidates" not in record:
        record = {**record, **eyeballing.read_pictures(name, puzzle, solution())}
    elif name == "arc_connect":
        record = arcs.arcs_as_points(record, puzzle)
    return eyeballing.as_ours(record)
