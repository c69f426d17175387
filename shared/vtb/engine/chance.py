"""Evaluations that leave the source of chance as they found it, so that training goes on as if there had been none."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any


def keeping_chance(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a function so that the random states of Python, NumPy and torch are the same after it as before.

    A validation draws random numbers (a loader seeds its workers) and so would change the dropout of all later steps:
    weights would depend on how often a run was validated.
    """

    @functools.wraps(function)
    def wrapped(*arguments: Any, **more: Any) -> Any:
        import numpy as np
        import torch

        ours, theirs = random.getstate(), np.random.get_state()
        devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        try:
            with torch.random.fork_rng(devices=devices):
                return function(*arguments, **more)
        finally:
            random.setstate(ours)
            np.random.set_state(theirs)

    return wrapped
