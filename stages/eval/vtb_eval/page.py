"""The report on a score: figures, reasons, published numbers, and pictures of right and wrong answers.

It has no date, since the same answers give the same page; when it was made is in the manifest's ``run``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vtb.artifact import InputEntry, find_manifest
from vtb.benchmarks.common.in_words import InWords
from vtb.benchmarks.videothinkbench.published import SOURCE
from vtb.puzzles.registry import families
from vtb.report.learning_curve import HEIGHT, WIDTH, Curve, curve_of
from vtb.report.pages import render
from vtb.report.samples import title_of
from vtb.store import open_store
from vtb.tasks.registry import find_task
from vtb_eval.benchmark_tables import ENOUGH
from vtb_eval.examples import PageSource, ShownAnswer, load
from vtb_eval.learning import ALL
from vtb_eval.reference_marks import reference_marks
from vtb_eval.result import Result

SHOWN = 8


def report_page(
    source: PageSource, results: Sequence[Result], figures: dict[str, Any], changed: Sequence[Mapping[str, Any]] = ()
) -> str:
    """The page; its pictures come from what was judged. ``changed`` has the puzzles that were won and lost."""
    answered = [result for result in results if result.signals]
    right = list(_varied([result for result in answered if result.strict], "task"))[:SHOWN]
    wrong = list(_varied([result for result in answered if not result.strict], "reason"))[:SHOWN]
    first = _changed(results, changed)
    moved = [result for runs in first.values() for some in runs.values() for result in some]
    shown = list(load(source, [*right, *wrong, *moved]))
    manifest = find_manifest(open_store(source.inputs[0].uri)) if source.answers is None else None
    made_from = manifest.plan.inputs if manifest else source.inputs
    config = dict(manifest.plan.config if manifest else source.config)
    return render(
        "score.html",
        title=title_of_report(made_from, source, config.get("model")),
        split=config.get("split"),
        figures=figures,
        groups=_grouped(figures["per_task"]),
        tolerant=figures["overall"]["tolerant"] != figures["overall"]["strict"],
        made_from=[(entry.kind, entry.uri) for entry in made_from],
        config=config,
        source=SOURCE,
        **_tables(figures),
        right=_of(shown, right),
        wrong=_of(shown, wrong),
        changed={uri: {what: _of(shown, some) for what, some in runs.items()} for uri, runs in first.items()},
        widest={one["uri"]: _widest(one["per_task"].values()) for one in figures.get("against", ())},
        curves=_curves(figures),
        curve_size=(WIDTH, HEIGHT),
        references=reference_marks(figures),
        enough=ENOUGH,
        **_kinds(results),
    )


def _kinds(results: Sequence[Result]) -> dict[str, Any]:
    """Which explanations the page needs: of guesses at puzzles and questions, of mazes; and what all are called."""
    answers = {(one.source, one.task): one.answer for one in results}
    guessed = {(one.source, one.task) for one in results if one.blind is not None}
    tasks = {key: find_task(*key) for key in answers}
    asked = [tasks[key].frequent_answer([answers[key]]) is not None for key in guessed]
    return {
        "guessed_puzzles": not all(asked),
        "guessed_questions": any(asked),
        "mazes": any(task.group == "maze" for task in tasks.values()),
        "noun": "questions" if tasks and all(isinstance(task, InWords) for task in tasks.values()) else "puzzles",
    }


def _widest(tasks: Iterable[Mapping[str, Any]]) -> float:
    """The largest share of puzzles that was won or lost, for which the longest bar stands; no bar is as wide as 0."""
    return max(row[what] / row["puzzles"] for row in tasks for what in ("won", "lost")) or 1.0


def _curves(figures: Mapping[str, Any]) -> list[Curve]:
    """How accuracy grows with training, over all and for each of several tasks; none where steps are not known."""
    runs, tasks = figures.get("learning_curve", []), figures["per_task"]
    parts = {ALL: figures["overall"], **(tasks if len(tasks) > 1 else {})}
    return [
        curve_of(name, [(run["run"], run["steps"], run["shares"][name]) for run in runs if name in run["shares"]],
                 now["blind"])
        for name, now in parts.items() if runs
    ]  # fmt: skip


def _changed(results: Sequence[Result], changed: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[Result]]]:
    """By earlier run the first answers to puzzles that were won and to those that were lost."""
    first = {(result.source, result.task, result.id): result for result in reversed(results)}
    found: dict[str, dict[str, list[Result]]] = {}
    for row in changed:
        some = found.setdefault(row["against"], {}).setdefault(row["change"], [])
        if len(some) < SHOWN:
            some.append(first[row["source"], row["task"], row["id"]])
    return found


def _of(shown: Sequence[ShownAnswer], results: Sequence[Result]) -> list[ShownAnswer]:
    """Those of some results, in the order of the data."""
    wanted = {(result.task, result.id, result.attempt + 1) for result in results}
    return [answer for answer in shown if (answer.task, answer.id, answer.attempt) in wanted]


def title_of_report(made_from: Sequence[InputEntry], source: PageSource, served: str | None = None) -> str:
    """Who answered what: the puzzles come first among the inputs, then the model or the folders with its answers.

    A model that was ``served`` is known by its name alone.
    """
    if not made_from or (len(made_from) < 2 and served is None):
        return f"Answers in {_name(source.inputs[0])}"
    asked, *models = made_from
    return f"{served or ' + '.join(map(_name, models))} on {_name(asked)}"


def _name(entry: InputEntry) -> str:
    return entry.uri.rstrip("/").rpartition("/")[2]


def _grouped(per_task: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The tasks below the title of their group."""
    groups: dict[str, dict[str, Any]] = {}
    for task, share in per_task.items():
        family = families().get(task)
        groups.setdefault(title_of(family.group) if family else "Others", {})[task] = share
    return groups


def _tables(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures as the page lays them out."""
    signals, tasks = figures["per_signal"], figures["comparison"]["tasks"]
    columns = dict.fromkeys(tuple(row["published"]) for row in tasks.values())
    return {
        "rules": {column: rule for row in tasks.values() for column, rule in row["compare"].items()},
        "signal_rows": {name: signal["overall"] for name, signal in signals.items()},
        "means": [
            (name, task, what, value)
            for name, signal in signals.items()
            for task, found in signal["means"].items()
            for what, value in found.items()
        ],
        "notes": list(dict.fromkeys(note for row in tasks.values() for note in row["not comparable"])),
        "published": [
            _published(names, {task: row for task, row in tasks.items() if tuple(row["published"]) == names})
            for names in columns
        ],
    }


def _published(columns: Sequence[str], tasks: Mapping[str, Any]) -> tuple[Sequence[str], list[str], Mapping[str, Any]]:
    """A table: the published columns, those of this run that any of its tasks has, and the tasks."""
    return columns, list(dict.fromkeys(name for row in tasks.values() for name in row["this run"])), tasks


def _varied(results: Sequence[Result], by: str) -> Iterator[Result]:
    """One of each kind in turn, so that a rare one is seen too."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(getattr(result, by), []).append(result)
    for row in itertools.zip_longest(*groups.values()):
        yield from (result for result in row if result is not None)
