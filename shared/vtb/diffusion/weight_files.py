"""The headers of safetensors files: names and shapes, and whether a file is whole; nothing is loaded."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.errors import BadInput

_MOST = 100 << 20  # bytes of a header, as the format has it
Header = Mapping[str, Mapping[str, Any]]


def header(path: Path) -> Header:
    """What a file says of each tensor: ``dtype``, ``shape``, ``data_offsets``.

    Raises:
        BadInput: it is missing, or not a whole safetensors file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(_MOST, size):
                raise ValueError("its header is cut off")
            found: dict[str, Mapping[str, Any]] = json.loads(file.read(length))
        found.pop("__metadata__", None)
        end = max((tensor["data_offsets"][1] for tensor in found.values()), default=0)
        if size != 8 + length + end:
            raise ValueError(f"it has {size} bytes, not {8 + length + end}")
    except (OSError, ValueError, struct.error, TypeError, KeyError, AttributeError, IndexError) as error:
        raise BadInput(f"{path}: is no whole safetensors file ({error}): bring it again") from error
    return found


def check_weights(files: Mapping[str, list[str]]) -> None:
    """Refuse a model with a file that is damaged; ``.pth`` files are looked at by torch alone.

    Raises:
        BadInput: one is; the message names it.
    """
    for paths in files.values():
        for path in map(Path, paths):
            if path.suffix == ".safetensors":
                header(path)
