"""Whether latents matter, in the lines of a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def latent_lines(metrics: Mapping[str, Any]) -> list[str]:
    """How often answers went into latents, and what they are worth without; empty where the figures lack."""
    found = metrics.get("latents")
    if not isinstance(found, dict):
        return []
    try:
        lines = [f"latents: in {found['with_latents']:,} of {found['answers']:,} answers"]
        return lines + [_line(name, row) for name, row in found["necessity"].items()]
    except (KeyError, TypeError, ValueError, AttributeError):  # figures that somebody has edited
        return []


def _line(name: str, row: Mapping[str, float]) -> str:
    return (
        f"  {name}: {100 * row['before']:.1f} % right without, necessity {100 * row['difference']:+.1f} points "
        f"({100 * row['low']:+.1f} to {100 * row['high']:+.1f}), {row['puzzles']:,} answers"
    )
