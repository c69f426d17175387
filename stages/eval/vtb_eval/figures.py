"""What a predictions artifact says of its answers in figures: how they end, and the tokens that they took."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.chat.said import CUT_OFF, FILTERED, REFUSED
from vtb.datasets.odd_records import odd_records
from vtb_eval.predict_options import Options
from vtb_eval.prediction import NOT_JUDGED, Answer

log = logging.getLogger("vtb.eval")
TOKENS, UNCOUNTED = "tokens", "uncounted"
KINDS = ("prompt", "completion", "reasoning")


def figures_of(answers: Sequence[Answer]) -> dict[str, Any]:
    """The figures of a shard: how many answers were cut off and, of a model that is served, refused, and the tokens."""
    found: dict[str, Any] = {"cut_off": sum(said.finish == CUT_OFF for said in answers)}
    refused = {finish: sum(said.finish == finish for said in answers) for finish in (REFUSED, FILTERED)}
    found |= {finish: count for finish, count in refused.items() if count}
    if any(said.tokens for said in answers):
        found[TOKENS] = {
            **_total([said.tokens for said in answers]),
            UNCOUNTED: sum(not said.tokens for said in answers),
        }
    return found


def _total(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """The kinds of tokens that anybody has counted."""
    kinds = [kind for kind in KINDS if any(kind in count for count in counts)]
    return {kind: sum(count.get(kind, 0) for count in counts) for kind in kinds}


def close(
    output: Output, ignored: Mapping[str, Any], options: Options, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """The figures of the whole, and what a user is told of them."""
    answers, cut_off = sum(shard.rows for shard in shards), _sum(shards, "cut_off")
    metrics: dict[str, Any] = {"answers": answers, "cut_off": cut_off}
    if options.max_pixels != Options.max_pixels and "max_pixels" not in options.given:
        metrics["max_pixels"] = options.max_pixels  # what the model itself says
    if odd := odd_records(output, shards):
        log.warning("%d puzzles cannot be judged, all named in the manifest, the first: %s", len(odd), odd[0])
        metrics[NOT_JUDGED] = odd
    if cut_off:
        most = options.max_new_tokens
        log.info("%d of %d answers were cut off at %d tokens (--max-new-tokens)", cut_off, answers, most)
    for finish, who in ((REFUSED, "the model"), (FILTERED, "a filter of the service")):
        if count := _sum(shards, finish):
            log.warning("%d of %d answers were refused by %s", count, answers, who)
            metrics[finish] = count
    if ignored:
        log.info("the likeliest token was taken; the model's own settings were not followed: %s", ", ".join(ignored))
        metrics["generation_settings_ignored"] = dict(ignored)
    counted = [(shard.rows, shard.stats[TOKENS]) for shard in shards if TOKENS in shard.stats]
    if counted:
        metrics[TOKENS] = _total([tokens for _, tokens in counted])
        known = sum(rows - tokens[UNCOUNTED] for rows, tokens in counted)
        metrics[TOKENS] |= {UNCOUNTED: answers - known} if known < answers else {}
    return [], metrics


def _sum(shards: Sequence[ShardEntry], name: str) -> int:
    return sum(int(shard.stats.get(name, 0)) for shard in shards)


def in_words(tokens: Mapping[str, int]) -> str:
    """The tokens of a whole artifact for its last line."""
    reasoning = f", {tokens['reasoning']:,} of them to reason" if tokens.get("reasoning") else ""
    missing = f"; {tokens[UNCOUNTED]:,} answers came without a count" if UNCOUNTED in tokens else ""
    return f"{tokens.get('prompt', 0):,} read, {tokens.get('completion', 0):,} written{reasoning}{missing}"
