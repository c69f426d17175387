"""The pages about a curated set: the first puzzles of each kind, and how hard all of them are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from vtb.puzzles.sample import EXAMPLE
from vtb.report.dataset import dataset_pages
from vtb.tasks.registry import decode_example, task_of
from vtb_curate.choose import Choice
from vtb_curate.verdicts import Verdict
from vtb_curate.write import Source, read_again

EACH = 4  # puzzles of a kind that are shown


def pages(title: str, choice: Choice, every: Sequence[Source]) -> dict[str, bytes]:
    """The pages by file name; only the chunks of the puzzles that they show are read again."""
    kept = [verdict for chosen in choice.splits.values() for verdict in chosen]
    samples = list(read_again(first_of_each(kept), every))
    examples = [decode_example(sample.parts[EXAMPLE]) for sample in samples]
    groups = {example.task: task_of(example).group for example in examples}
    return dataset_pages(title, samples, figures(kept), groups, EACH)


def first_of_each(kept: Iterable[Verdict]) -> list[Verdict]:
    """The first few verdicts of every task."""
    seen, found = Counter[str](), list[Verdict]()
    for verdict in kept:
        seen[verdict.task] += 1
        if seen[verdict.task] <= EACH:
            found.append(verdict)
    return found


def figures(kept: Iterable[Verdict]) -> dict[str, dict[str, Counter[float]]]:
    """How often each value of each figure occurs, by task."""
    counts: dict[str, dict[str, Counter[float]]] = defaultdict(lambda: defaultdict(Counter))
    for verdict in kept:
        for name, value in verdict.difficulty.items():
            counts[verdict.task][name][value] += 1
    return {task: dict(sorted(found.items())) for task, found in sorted(counts.items())}
