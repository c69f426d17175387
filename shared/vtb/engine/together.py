"""How the processes of a training of our own work together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

_PATIENCE = timedelta(hours=3)  # while one process writes a large checkpoint, or makes the features of its rows


def how_together() -> list[Any]:
    """The settings for accelerate."""
    from accelerate import DistributedDataParallelKwargs, InitProcessGroupKwargs

    # Unused: tables of tokens that a batch lacks, layers that the last block does not use, an expert that waits its
    # turn. The view: gradients lie where they are exchanged, and not there and in a copy.
    return [
        DistributedDataParallelKwargs(find_unused_parameters=True, gradient_as_bucket_view=True),
        InitProcessGroupKwargs(timeout=_PATIENCE),
    ]
