"""Makes a CUDA-built torchvision importable beside a CPU-only torch.

PyPI's torchvision wheel is built for CUDA, and its compiled operators do not load into a torch without CUDA. Its Python
part would do for us (the image processors only resize and normalise), but the import registers a shape function for
two of the missing operators and stops there. Once torch knows what these operators look like, the import goes
through. Calling one of them still fails, as it should: nothing here computes anything.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

_MISSING = ("nms", "qnms")
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

# torch forgets the operators when the library object that declared them goes away.
_libraries: list[Any] = []


def allow_cpu_torchvision() -> None:
    """Imports torchvision, declaring the operators that a CPU-only torch cannot load from it.

    Does nothing more than the import where torchvision works, and nothing at all where it is not installed. The
    import comes first because declaring an operator that the compiled library also brings would be an error.
    """
    if "torchvision" in sys.modules or importlib.util.find_spec("torchvision") is None:
        return
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        _forget_half_imported()
        _declare()
        importlib.import_module("torchvision")


def _declare() -> None:
    import torch

    if not _libraries:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in _MISSING:
            library.define(name + _SCHEMA)
        _libraries.append(library)


def _forget_half_imported() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
