"""The last lines that ``vtb-eval score`` says."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from vtb.report.against import against_lines
from vtb.report.latents import latent_lines
from vtb_eval.coverage import WITHOUT_VIDEO
from vtb_eval.prediction import NOT_JUDGED

log = logging.getLogger("vtb.eval")


def sum_up(figures: Mapping[str, Any]) -> None:
    """The last word: how many are right of what, or the mean grade, and what could not be judged."""
    strict, puzzles = figures["overall"]["strict"], figures["puzzles"]
    missing = f", {figures['without_answer']} without an answer" if figures["without_answer"] else ""
    of = f" attempts at {puzzles} puzzles" if strict["total"] > puzzles else ""
    right, total = strict["right"], strict["total"]
    if grade := figures.get("only_grade"):
        log.info("mean %s: %.1f %% of %d%s%s", grade, 100 * strict["rate"], total, of or " answers", missing)
    else:
        log.info("right: %s of %d%s%s (%.1f %%)", f"{right:g}", total, of, missing, 100 * strict["rate"])
    if cut := figures.get("cut_off"):
        where = f" at {cut['tokens']} tokens" if cut["tokens"] else ""
        log.info("%d of %d answers were cut off%s: predict with a larger --max-new-tokens to hear them out",
                 cut["answers"], total, where)  # fmt: skip
    if same := figures.get("same_choice"):
        log.warning("%d of %d answers choose %s: a score of such a model says nothing of what it sees",
                    same["answers"], same["of"], same["choice"])  # fmt: skip
    if refusals := figures.get("refused"):
        log.info("refused: %s", ", ".join(f"{count} ({finish})" for finish, count in refusals.items()))
    if odd := figures[NOT_JUDGED]:
        log.warning("%d puzzles cannot be judged, all named in scores.json, the first: %s", len(odd), odd[0])
    if figures["not_judged"]:
        tasks = ", ".join(f"{task} ({count})" for task, count in figures["not_judged"].items())
        log.warning("parts of answers that cannot be judged, since the records do not say what is right: %s", tasks)
    if lost := figures.get("coverage", {}).get(WITHOUT_VIDEO):
        log.warning("%d questions of %s have no usable video and count nowhere: by task in scores.json, coverage",
                    lost, figures["coverage"]["benchmark"])  # fmt: skip
    for line in [*latent_lines(figures), *against_lines(figures)]:
        log.info("%s", line)
