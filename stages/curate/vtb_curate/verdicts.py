"""The first pass: every sample of an input shard gets a verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from vtb.benchmarks.videothinkbench.decontamination import overlap_key
from vtb.datasets.asked import asked_of, look_at
from vtb.datasets.chunk import Chunk
from vtb.datasets.samples import OtherContent, Unusable, chunk_samples
from vtb.errors import BadInput
from vtb.formats.webdataset import DamagedTar, Sample
from vtb.media.image import UnreadableImage, decode_image
from vtb.media.video import UnreadableVideo, decode_ends
from vtb.puzzles.family import Generator
from vtb.puzzles.sample import CLIP, EXAMPLE, PUZZLE, SOLUTION
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.store import ObjectMissing
from vtb.tasks.example import Example, media_named
from vtb.tasks.registry import decode_example, task_of
from vtb.tasks.score import Score
from vtb.tasks.task import Task as PuzzleTask

_NO_NAME = re.compile(r"[\x00-\x1f\x7f/]")
ODD = "puzzle of others cannot be judged"  # no damage: it is left out, and its input is as good as before
MAX_KEY = 80  # bytes; the longest extension fits into a tar's name field beside it


@dataclass(frozen=True)
class ShardWork:
    """One chunk of one input, and its number over all inputs."""

    input: int
    number: int
    chunk: Chunk


@dataclass(frozen=True)
class Verdict:
    """What was found about one sample; ``problem`` is empty when it may be used.

    Attributes:
        input: number of the input artifact.
        chunk: number of the chunk, over all inputs.
        shard: path of the shard or file in the input.
        key: key of the sample.
        number: of the sample in its shard; keys may come twice.
        problem: why it cannot be used, in words that can be counted; empty when it can.
        detail: the same for a person.
        identity: hash of the puzzle, the same for the same puzzle.
        overlap: hash that the benchmark's record of the same puzzle shares; empty where there is none.
        task: the family.
        difficulty: the family's figures.
        rows: samples this verdict stands for (several when a shard lost them).
    """

    input: int
    chunk: int
    shard: str
    key: str
    number: int
    problem: str = ""
    detail: str = ""
    identity: str = ""
    overlap: str = ""
    task: str = ""
    difficulty: dict[str, float] = field(default_factory=dict)
    rows: int = 1


class Problem(Exception):
    """A reason to quarantine a sample: what kind, and the detail."""

    def __init__(self, kind: str, detail: str = "") -> None:
        """Both in a few words."""
        super().__init__(kind, detail)
        self.kind, self.detail = kind, detail


def plan_verdicts(inputs: Sequence[Sequence[Chunk]]) -> list[Task[ShardWork]]:
    """One task per chunk, numbered over all inputs."""
    every = [(number, chunk) for number, found in enumerate(inputs) for chunk in found]
    return [
        Task(f"verdicts/{index:05d}.jsonl", chunk.rows, ShardWork(number, index, chunk))
        for index, (number, chunk) in enumerate(every)
    ]


def judge_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """The verdicts on one shard as JSON lines; its figures say what is wrong with the shard itself."""
    verdicts, damage = [], list[str]()
    for verdict in _verdicts(work, damage):
        verdicts.append(verdict)
        tick(verdict.rows)
    # ASCII, since some characters beyond it end a line for ``splitlines``
    lines = [json.dumps(asdict(verdict)) + "\n" for verdict in verdicts]
    stats = {"damaged": damage[0]} if damage else {}
    return ShardResult("".join(lines).encode(), len(verdicts), stats=stats)


def read_verdicts(data: bytes) -> list[Verdict]:
    """The verdicts of one shard."""
    return [Verdict(**json.loads(line)) for line in data.decode().splitlines()]


def _verdicts(work: ShardWork, damage: list[str]) -> Iterator[Verdict]:
    """A verdict for each sample that can be read, and one for all those that a damaged shard has lost.

    What is wrong with the shard is added to ``damage``.
    """
    chunk, seen, bad = work.chunk, 0, 0
    try:
        for sample in chunk_samples(chunk):
            verdict = judge_sample(work, sample, seen)
            bad += bool(verdict.problem)
            yield verdict
            seen += 1
    except OtherContent as error:
        damage.append(str(error))
        if not bad:
            # Nothing is wrong with it, and it is not what was promised: another run's shard.
            raise BadInput(f"{chunk.uri}/{chunk.path}: {error}: make the artifact again with --overwrite") from error
    except (ObjectMissing, DamagedTar) as error:
        damage.append(str(error))
    if seen < chunk.rows:
        lost, why = chunk.rows - seen, damage[0] if damage else "samples are missing"
        yield Verdict(work.input, work.number, chunk.path, "", -1, "lost in a damaged shard", why, rows=lost)


def judge_sample(work: ShardWork, sample: Sample | Unusable, number: int) -> Verdict:
    """The verdict on one sample: its family's own judge must find every form of the answer right."""
    key = sample.key.encode(errors="replace").decode()
    place = (work.input, work.number, work.chunk.path, key, number)
    if isinstance(sample, Unusable):
        return Verdict(*place, ODD if sample.odd else "record is damaged", sample.why[:300])
    try:
        _check_key(sample.key)
        example = _read_example(sample)
        task = task_of(example)
        _check_pictures(task, example, sample)
        _check_clip(task, example.payload, sample)
    except Problem as problem:
        return Verdict(*place, problem.kind, problem.detail)
    return Verdict(
        *place, identity=task.identity(example.payload), overlap=overlap_key(task, example) or "", task=task.name,
        difficulty=example.figures,
    )  # fmt: skip


def _check_key(key: str) -> None:
    """A key becomes a file name."""
    if not _is_usable(key):
        raise Problem("key is unusable", repr(key)[:100])


def _is_usable(key: str) -> bool:
    try:
        return 0 < len(key.encode()) <= MAX_KEY and not _NO_NAME.search(key)
    except UnicodeEncodeError:
        return False


def usable_key(verdict: Verdict) -> str:
    """The key of a sample, or another where that cannot be a file name."""
    return verdict.key if _is_usable(verdict.key) else "unusable-key"


def _read_example(sample: Sample) -> Example:
    if EXAMPLE not in sample.parts:
        raise Problem("record is missing")
    try:
        return decode_example(sample.parts[EXAMPLE])
    except BadInput as error:
        raise Problem("record is damaged", str(error)[:300]) from error


def _check_pictures(task: PuzzleTask[Any], example: Example, sample: Sample) -> None:
    for part in _parts_of(task, example):
        if part not in sample.parts:
            raise Problem(f"{part} is missing")
    drawn = media_named(example.media, "solution") or (None if example.media else SOLUTION)
    try:
        puzzle = look_at(asked_of(example.media, sample.parts))
        solution = None if drawn is None else decode_image(sample.parts[drawn])
    except UnreadableImage as error:
        raise Problem("picture is unreadable", str(error)) from error
    if solution is not None:
        if task.score_image(example.payload, puzzle, puzzle).strict:
            raise Problem("puzzle shows the answer")
        _demand("solution picture", task.score_image(example.payload, solution, puzzle))
    answers = dict.fromkeys((task.answer(example.payload), example.answer))  # alike, unless one was changed
    for words in answers if example.ours else filter(None, answers):  # of others, some have no answer in words
        _demand("answer", task.score_text(example.payload, words, puzzle))


def _parts_of(task: PuzzleTask[Any], example: Example) -> list[str]:
    """What a sample must have: what its record lists, and of what a family draws puzzle and solution in any case."""
    drawn = (PUZZLE, SOLUTION) if isinstance(task, Generator) or not example.media else ()
    return [*drawn, *(medium.name for medium in example.media)]


def _check_clip(task: PuzzleTask[Any], record: Any, sample: Sample) -> None:
    if getattr(record, "clip", None) is None:  # puzzles of others do not say how their clips are made
        return
    if CLIP not in sample.parts:
        raise Problem(f"{CLIP} is missing")
    try:
        ends = decode_ends(sample.parts[CLIP])
    except UnreadableVideo as error:
        raise Problem("clip is unreadable", str(error)) from error
    if ends.count != record.clip.frames:
        raise Problem("clip has another length", f"{ends.count} frames, not {record.clip.frames}")
    if task.score_frame(record, ends.first).strict:
        raise Problem("clip starts with the answer")
    _demand("clip", task.score_frame(record, ends.last))


def _demand(what: str, score: Score) -> None:
    if not score.strict:
        raise Problem(f"{what} is wrong", score.reason)
