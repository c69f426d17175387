"""The engine's module, and what its last lines mean: for the process that starts it."""

from __future__ import annotations

from collections.abc import Sequence

from vtb.errors import BadInput, NotAvailable, VtbError

MODULE = "vtb.diffusion.engine"  # what ``python -m`` runs
REFUSED = "RefusedError:"  # begins the last line of a process that met an input which it cannot use


def explain(errors: Sequence[str]) -> VtbError | None:
    """A better error than that the engine failed, where it said why."""
    for error in reversed(errors):
        what, _, why = error.partition(" ")
        if what == REFUSED:
            return BadInput(why)
        if what == "FloatingPointError:":
            return BadInput(f"training went astray: {why}; the last checkpoint is kept")
        if "No space left on device" in error:
            return NotAvailable(f"the disk is full ({error[:200]}): make room, then run the same command again")
    return None
