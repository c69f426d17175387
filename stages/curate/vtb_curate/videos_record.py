"""The row of a video, and the figures of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from vtb.chat.said import Said
from vtb.datasets.videos.record import KEPT, LEFT_OUT, QUARANTINED, Outcome, Tokens, VideoRow
from vtb_curate.videos_answer import Decision
from vtb_curate.videos_look import Looked
from vtb_curate.videos_rows import Row

NOT_MOVING, NO_CLASS = "too little moves, says the model", "the model names no class"


def decided_row(row: Row, seen: Looked, decision: Decision, answers: Sequence[Said]) -> VideoRow:
    """The row of a video that the model has decided about."""
    named = bool(decision.agents or decision.objects)
    why = "" if decision.moves and named else NO_CLASS if decision.moves else NOT_MOVING
    return row_of(row, seen, LEFT_OUT if why else KEPT, why, "", answers, decision)


def row_of(
    row: Row, seen: Looked, outcome: Outcome, why: str, detail: str = "", answers: Sequence[Said] = (),
    decision: Decision | None = None,
) -> VideoRow:  # fmt: skip
    """The row of a video: what was seen of it, what became of it and why, and what was said."""
    told = decision or Decision(False, (), (), None)
    file = None if row.file is None else row.file.name.encode(errors="replace").decode()
    return VideoRow(
        video=row.name, file=file, caption=row.caption, outcome=outcome, why=why, detail=detail, agents=told.agents,
        objects=told.objects, category=told.category, seconds=seen.seconds, motion=seen.motion,
        answers=tuple(said.text for said in answers), tokens=_tokens(answers),
    )  # fmt: skip


def _tokens(answers: Sequence[Said]) -> Tokens:
    """Those of all answers; None of a kind that nobody has counted."""
    counts = [dict(said.tokens) for said in answers]
    kinds = {kind for count in counts for kind in count}
    return Tokens(**{kind: sum(count.get(kind, 0) for count in counts) for kind in kinds})


def figures_of(rows: Sequence[VideoRow]) -> dict[str, Any]:
    """The figures of a shard: what became of its rows and why, and what was asked for it."""
    kept = [row for row in rows if row.outcome == KEPT]
    asked = [row for row in rows if row.answers]
    tokens = Counter[str]()
    for row in asked:
        tokens.update(row.tokens.counted())
    return {
        "kept": len(kept),
        "left_out": dict(Counter(row.why for row in rows if row.outcome == LEFT_OUT)),
        "quarantined": dict(Counter(row.why for row in rows if row.outcome == QUARANTINED)),
        "categories": dict(Counter(row.category for row in kept if row.category)),
        "asked": len(asked),
        "answers": sum(len(row.answers) for row in asked),
        "tokens": dict(tokens),
        "of_unknown_length": sum(row.seconds is None for row in asked),
    }
