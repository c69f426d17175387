"""From puzzles to answers in which the solution unfolds, stage by stage, in the picture itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from vtb.datasets.asked import Asked
from vtb.datasets.chunk import Loaded
from vtb.datasets.readers import chunks, describe_input
from vtb.datasets.shown import read_shown
from vtb.errors import BadInput
from vtb.media.image import Picture, encode_png, encode_rgb, to_rgb
from vtb.puzzles.family import Family
from vtb.puzzles.registry import families
from vtb.report.card import license_of
from vtb.stage.executor import ShardResult, Tick
from vtb.stage.run import Run
from vtb_prepare.latent_options import Options
from vtb_prepare.latent_rows import ShardRows, Source, Step, latent_step, text_step
from vtb_prepare.splits import SPLITS, ShardWork, plan_shards, to_learn_from
from vtb_prepare.vlm_shards import make_row

FRAMES = 12  # of a clip for each stage: so many places where a stage may end
ONLY, FIRST, NEXT, LAST = "I draw the solution.", "I begin to draw the solution.", "I go on.", "I finish it."


def of_puzzles(run: Run, options: Options) -> Source:
    """Shards of the puzzles that a model may learn from."""
    entries = [describe_input(uri, run.stage.reads) for uri in run.inputs]
    found = to_learn_from([chunk for entry in entries for chunk in chunks(entry)], run.inputs)
    tasks = plan_shards(found, options.val, run.seed)
    return Source(entries, tasks, partial(make_shard, options.segments), partial(license_of, run.inputs))


def make_shard(segments: int, work: ShardWork, tick: Tick) -> ShardResult:
    """Rows of train and val; samples that cannot be used are named with the reason."""
    rows = ShardRows(work.number)
    for place, (loaded, asked) in enumerate(read_shown(work.chunk, rows.bad)):
        tick(1)
        split = work.split_of(loaded.example)
        if split not in SPLITS:  # a record may name another split of its own
            continue
        try:
            row, media = latent_row(loaded, asked, segments, rows.stem(place))
        except BadInput as error:
            rows.bad.append(str(error))
            continue
        rows.add(split, row, media)
    return rows.result()


def latent_row(
    loaded: Loaded, asked: Sequence[Asked], segments: int, stem: str
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The row of a puzzle and its media by path, which begin with a stem."""
    path = f"{stem}-input-1.png"
    same = make_row(loaded, [("image", [path])], "")  # asked as models are that answer in words alone
    files = _helper_files(loaded, segments)
    paths = [f"{stem}-helper-{number}.png" for number in range(1, len(files) + 1)]
    row = {
        "id": same["id"], "text_input": same["question"], "image_input": [path],
        "sequence_plan": plan_of(paths, same["answer"]), "original_final_answer": same["answer"],
        "task": same["task_type"], "example": same["example"],
    }  # fmt: skip
    return row, {path: asked[0].files[0], **dict(zip(paths, files, strict=True))}


def plan_of(helpers: Sequence[str], answer: str) -> list[Step]:
    """A sentence before each helper picture, and the answer as every family reads it.

    Steps are joined without anything between them, so each sentence ends its line itself.
    """
    said = [FIRST, *[NEXT] * (len(helpers) - 2), LAST] if len(helpers) > 1 else [ONLY]
    steps = [
        step for words, path in zip(said, helpers, strict=True) for step in (text_step(f"{words}\n"), latent_step(path))
    ]
    return [*steps, text_step(f"The answer is {answer}.")]


def _helper_files(loaded: Loaded, segments: int) -> list[bytes]:
    """The stages of the solution as a model sees the puzzle: of its size, with printed names where it has them."""
    example, where = loaded.example, f"sample {loaded.key[:100]}"
    if not example.ours:
        raise BadInput(
            f"{where}: is a puzzle of others, whose solution nobody here can draw stage by stage: leave it out"
        )
    family, record = families()[example.task], example.payload
    shown = to_rgb(family.draw_puzzle(record), family.palette)
    if shown.shape != loaded.puzzle.shape or (shown != loaded.puzzle).any():
        raise BadInput(f"{where}: its picture is not what {example.task} draws today: generate it anew")
    # Of equal files one: no two stages may be the same picture.
    files = list(dict.fromkeys(_as_shown(family, record, stage) for stage in unfold(family, record, segments)))
    if not files:
        raise BadInput(f"{where}: nothing is drawn in its solution: leave it out")
    return files


def _as_shown(family: Family[Any], record: Any, stage: Picture) -> bytes:
    image = to_rgb(stage, family.palette)
    shown = family.show(record, image)
    return encode_png(stage, family.palette) if shown is image else encode_rgb(shown)


def unfold(family: Family[Any], record: Any, stages: int) -> list[Picture]:
    """Up to so many frames of the puzzle's own clip, in its picture's own frame: how the solution is drawn.

    They lie at equal distances, from the first frame that is not the puzzle any more to the first that shows the whole
    solution, which is the last of them.
    """
    filmed = family.filmed(record, 1 + FRAMES * stages)
    wanted = chosen(changing(family.draw_frames(filmed)), stages)
    return [frame.copy() for number, frame in enumerate(family.draw_frames(filmed)) if number in wanted]


def changing(frames: Iterable[Picture]) -> list[int]:
    """The numbers of the frames that are not what the one before is; a family may draw all into one array."""
    found, before = list[int](), None
    for number, frame in enumerate(frames):
        if before is None or (frame != before).any():
            found.append(number)
            before = frame.copy()
    return found[1:]


def chosen(changes: Sequence[int], count: int) -> set[int]:
    """Up to so many of the frames that change something, at equal distances, the last included."""
    if not changes:
        return set()
    first, last = changes[0], changes[-1]
    aims = (first + (last - first) * step / count for step in range(1, count + 1))
    return {max(change for change in changes if change <= aim) for aim in aims}
