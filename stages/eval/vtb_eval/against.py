"""A run beside an earlier one, puzzle by puzzle: which were won, which were lost."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.artifact import InputEntry, Manifest, ShardEntry, read_manifest
from vtb.errors import BadInput, VtbError
from vtb.store import ObjectTooLarge, open_store
from vtb_eval.paired import compare_pairs
from vtb_eval.result import Result, results_in
from vtb_eval.results import judged

Key = tuple[str, str, str]  # source, task and id of a puzzle
ASKED = ("split", "limit", "answered_only")  # options that say which puzzles a run is about
FILE = "compared.jsonl"


@dataclass(frozen=True)
class Earlier:
    """An earlier run: its scores artifact, and all verdicts in it."""

    uri: str
    manifest: Manifest
    results: Sequence[Result]


def read_earlier(uri: str) -> Earlier:
    """A scores artifact with its verdicts.

    Raises:
        BadInput: its shards are damaged, or of a version that recorded other things.
    """
    manifest = read_manifest(uri, ("scores",))
    return Earlier(uri, manifest, [result for shard in manifest.shards for result in _verdicts(uri, shard)])


def _verdicts(uri: str, shard: ShardEntry) -> list[Result]:
    try:
        data = open_store(uri).get_bytes(shard.path, shard.bytes)
        if hashlib.sha256(data).hexdigest() != shard.sha256:
            raise BadInput(f"{uri}/{shard.path}: is not what the manifest says: score the answers again")
        return results_in(data)
    except (TypeError, ValueError, ObjectTooLarge) as error:
        raise BadInput(f"{uri}/{shard.path}: holds no verdicts of this version: score the answers again") from error


def compare_runs(
    inputs: Sequence[InputEntry], config: Mapping[str, Any], results: Sequence[Result], against: Sequence[Earlier]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The figures beside each earlier run, and a row for each puzzle that was won or lost.

    Args:
        inputs: of this run, first what was judged.
        config: the options of this run.
        results: all verdicts of this run.
        against: the earlier runs.

    Raises:
        BadInput: one of them is about other puzzles.
    """
    asked, figures, rows = _about(inputs, config), list[dict[str, Any]](), list[dict[str, Any]]()
    for run in against:
        plan = run.manifest.plan
        _refuse_others(run.uri, asked, _about(plan.inputs, plan.config), results, run.results)
        old, new = _values(run.results), _values(results)
        both = [key for key in new if key in old]
        if not both:
            raise BadInput(f"--against {run.uri}: no answer is judged in both runs: leave it out")
        figures.append({"uri": run.uri, **_figures(both, old, new)})
        rows += _changed(run.uri, both, old, new)
    return figures, rows


def _about(inputs: Sequence[InputEntry], config: Mapping[str, Any]) -> dict[str, Any]:
    """Which puzzles a run is about, as far as can be read: the digest of the puzzles, the split, the limit.

    Predictions know it of themselves; they may lie elsewhere by now, or be gone.
    """
    entry = inputs[0]
    if entry.kind == "predictions":
        try:
            found: Manifest = read_manifest(entry.uri)
        except VtbError:
            return {}
        if found.digest != entry.digest or not found.plan.inputs:
            return {}
        entry, config = found.plan.inputs[0], found.plan.config
    return {"digest of the puzzles": entry.digest[:12], **{name: config[name] for name in ASKED if name in config}}


def _refuse_others(
    uri: str, asked: Mapping[str, Any], asked_before: Mapping[str, Any], now: Sequence[Result], before: Sequence[Result]
) -> None:
    new, old = _answers(now), _answers(before)
    differ = [
        f"{name} {asked_before[name]} there, {asked[name]} here"
        for name in asked
        if name in asked_before and asked[name] != asked_before[name]
    ]
    found = [f"{len(old.keys() - new.keys())} only there, {len(new.keys() - old.keys())} only here"] * (
        old.keys() != new.keys()
    )
    other = sum(old[key] != new[key] for key in old.keys() & new.keys())
    found += [f"{other} of the same name have another right answer"] * (other > 0)
    found += differ if found or any(name.startswith("digest") for name in differ) else []
    if found:
        raise BadInput(f"--against {uri}: is not about the same puzzles ({'; '.join(found)}): score it on these")


def _answers(results: Sequence[Result]) -> dict[Key, str]:
    return {_key(result): result.answer for result in results}


def _key(result: Result) -> Key:
    return result.source, result.task, result.id


def _values(results: Sequence[Result]) -> dict[Key, float]:
    """What each puzzle is worth: of several attempts the mean, so that runs with other numbers of them compare."""
    found: dict[Key, list[float]] = {}
    for result in judged(results):
        found.setdefault(_key(result), []).append(result.score)
    return {key: statistics.fmean(values) for key, values in found.items()}


def _figures(both: Sequence[Key], old: Mapping[Key, float], new: Mapping[Key, float]) -> dict[str, Any]:
    tasks: dict[str, list[Key]] = {}
    for key in both:
        tasks.setdefault(key[1], []).append(key)
    groups = {task: compare_pairs([old[k] for k in keys], [new[k] for k in keys]) for task, keys in tasks.items()}
    return {"overall": compare_pairs([old[k] for k in both], [new[k] for k in both]), "per_task": groups}


def _changed(
    uri: str, both: Sequence[Key], old: Mapping[Key, float], new: Mapping[Key, float]
) -> Iterator[dict[str, Any]]:
    for key in both:
        if old[key] != new[key]:
            source, task, name = key
            what = "won" if new[key] > old[key] else "lost"
            yield {"against": uri, "source": source, "task": task, "id": name, "change": what,
                   "before": round(old[key], 4), "after": round(new[key], 4)}  # fmt: skip
