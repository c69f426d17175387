"""The first pass: every sample of an input shard gets a verdict."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from vtb.artifact import Manifest, ShardEntry
from vtb.benchmarks.videothinkbench.decontamination import overlap_key
from vtb.errors import BadInput, VtbError
from vtb.formats.webdataset import DamagedTar, Sample, read_tar
from vtb.media.image import UnreadableImage, decode_image
from vtb.media.video import UnreadableVideo, decode_ends
from vtb.puzzles import DAMAGE, Family, Record, Score, family_of
from vtb.puzzles.sample import CLIP, PUZZLE, RECORD, SOLUTION
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.store import ObjectMissing, open_store

log = logging.getLogger("vtb.curate")
_NO_NAME = re.compile(r"[\x00-\x1f\x7f/]")
MAX_KEY = 80  # bytes; the longest extension fits into a tar's name field beside it


@dataclass(frozen=True)
class ShardWork:
    """One shard of one input."""

    input: int
    uri: str
    shard: ShardEntry


@dataclass(frozen=True)
class Verdict:
    """What was found about one sample; ``problem`` is empty when it may be used.

    Attributes:
        input: number of the input artifact.
        shard: path of the shard in it.
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


def plan_verdicts(manifests: Sequence[tuple[str, Manifest]]) -> list[Task[ShardWork]]:
    """One task per input shard, numbered over all inputs."""
    works = [
        ShardWork(number, uri, shard) for number, (uri, manifest) in enumerate(manifests) for shard in manifest.shards
    ]
    return [Task(f"verdicts/{index:05d}.jsonl", work.shard.rows, work) for index, work in enumerate(works)]


def judge_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """The verdicts on one shard as JSON lines."""
    verdicts = []
    for verdict in _verdicts(work):
        verdicts.append(verdict)
        tick(verdict.rows)
    # ASCII, since some characters beyond it end a line for ``splitlines``
    lines = [json.dumps(asdict(verdict)) + "\n" for verdict in verdicts]
    return ShardResult("".join(lines).encode(), len(verdicts))


def read_verdicts(data: bytes) -> list[Verdict]:
    """The verdicts of one shard."""
    return [Verdict(**json.loads(line)) for line in data.decode().splitlines()]


def _verdicts(work: ShardWork) -> Iterator[Verdict]:
    """A verdict for each sample that can be read, and one for all those that a damaged shard has lost."""
    shard, seen, damage = work.shard, 0, ""
    bad = 0
    try:
        data = open_store(work.uri).get_bytes(shard.path)
        if hashlib.sha256(data).hexdigest() != shard.sha256:
            damage = "its content is not what its manifest says"
            log.warning("%s/%s: %s; reading what can be read", work.uri, shard.path, damage)
        for sample in read_tar(data):
            verdict = judge_sample(work, sample, seen)
            bad += bool(verdict.problem)
            yield verdict
            seen += 1
        if damage and seen >= shard.rows and not bad:
            # Nothing is wrong with it, and it is not what was promised: another run's shard.
            raise BadInput(f"{work.uri}/{shard.path}: {damage}: make the artifact again with --overwrite")
    except (ObjectMissing, DamagedTar) as error:
        damage = str(error)
    if seen < shard.rows:
        lost = shard.rows - seen
        yield Verdict(
            work.input, shard.path, "", -1, "lost in a damaged shard", damage or "samples are missing", rows=lost
        )


def judge_sample(work: ShardWork, sample: Sample, number: int) -> Verdict:
    """The verdict on one sample: its family's own judge must find every form of the answer right."""
    place = (work.input, work.shard.path, sample.key.encode(errors="replace").decode(), number)
    try:
        _check_key(sample.key)
        record = _read_record(sample)
        family = family_of(record)
        family.validate(record)
        _check_pictures(family, record, sample)
        _check_clip(family, record, sample)
        return Verdict(
            *place, identity=family.identity(record), overlap=overlap_key(record) or "", task=family.name,
            difficulty=family.difficulty(record),
        )  # fmt: skip
    except Problem as problem:
        return Verdict(*place, problem.kind, problem.detail)
    except (VtbError, *DAMAGE) as error:
        return Verdict(*place, "record is damaged", f"{type(error).__name__}: {error}"[:300])


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


def _read_record(sample: Sample) -> dict[str, Any]:
    if RECORD not in sample.parts:
        raise Problem("record is missing")
    try:
        record = json.loads(sample.parts[RECORD])
    except (ValueError, RecursionError) as error:
        raise Problem("record is not JSON", str(error)) from error
    if not isinstance(record, dict):
        raise Problem("record is not JSON", "not an object")
    return record


def _check_pictures(family: Family, record: Record, sample: Sample) -> None:
    for part in (PUZZLE, SOLUTION):
        if part not in sample.parts:
            raise Problem(f"{part} is missing")
    try:
        puzzle, solution = (decode_image(sample.parts[part]) for part in (PUZZLE, SOLUTION))
    except UnreadableImage as error:
        raise Problem("picture is unreadable", str(error)) from error
    if family.score_image(record, puzzle, puzzle).strict:
        raise Problem("puzzle shows the answer")
    _demand("solution picture", family.score_image(record, solution, puzzle))
    _demand("answer", family.score_text(record, family.answer(record), puzzle))


def _check_clip(family: Family, record: Record, sample: Sample) -> None:
    if not record.get("clip"):
        return
    if CLIP not in sample.parts:
        raise Problem(f"{CLIP} is missing")
    try:
        ends = decode_ends(sample.parts[CLIP])
    except UnreadableVideo as error:
        raise Problem("clip is unreadable", str(error)) from error
    if ends.count != record["clip"]["frames"]:
        raise Problem("clip has another length", f"{ends.count} frames, not {record['clip']['frames']}")
    if family.score_frame(record, ends.first).strict:
        raise Problem("clip starts with the answer")
    _demand("clip", family.score_frame(record, ends.last))


def _demand(what: str, score: Score) -> None:
    if not score.strict:
        raise Problem(f"{what} is wrong", score.reason)
