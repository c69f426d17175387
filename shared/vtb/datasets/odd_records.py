"""Records of others that cannot be used: listed with their reasons, and an error only where there is nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vtb.artifact import ShardEntry
from vtb.artifact.output import Output
from vtb.errors import BadInput

_ODD = "odd"  # figure of a shard


def odd_figure(odd: Sequence[str]) -> dict[str, Any]:
    """What a shard says of the records that it lacks (``read_chunk``); nothing where it lacks none."""
    return {_ODD: list(odd)} if odd else {}


def odd_records(output: Output, shards: Sequence[ShardEntry]) -> list[str]:
    """All of them, in their order.

    Raises:
        BadInput: there are no others, so the output, which would be empty, is taken back.
    """
    odd = [said for shard in shards for said in _of(shard.stats)]
    if odd and not any(shard.rows for shard in shards):
        output.withdraw(shards_too=True)
        raise BadInput(odd[0])
    return odd


def _of(stats: Mapping[str, Any]) -> Sequence[str]:
    found: Sequence[str] = stats.get(_ODD, ())
    return found
