"""Reads one file of an FSDP checkpoint: tensors, and how each is sharded, without running a line of what is in it.

The files are pickles, which may call anything when they are loaded. Torch's own restricted reader (``weights_only``)
makes plain tensors; for sharded ones it would make objects of ``torch.distributed``, whose insides change with every
release. Here stand-ins take their places, which only keep what the file says of them, so that files of other releases
can be read; whatever is not in the table is refused.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.errors import BadInput

# Where the classes are since torch 2.5, and where they were before.
_DTENSOR = ("torch.distributed.tensor.DTensor", "torch.distributed._tensor.api.DTensor")
_NOTED = (
    "torch.distributed.device_mesh.DeviceMesh",
    "torch.distributed._mesh_layout._FlatLayout",
    "torch.distributed._mesh_layout._MeshLayout",
    "torch.distributed.tensor._dtensor_spec.DTensorSpec",
    "torch.distributed.tensor._dtensor_spec.ShardOrderEntry",
    "torch.distributed.tensor._dtensor_spec.TensorMeta",
    "torch.distributed.tensor.placement_types.Partial",
    "torch.distributed.tensor.placement_types.Replicate",
    "torch.distributed.tensor.placement_types.Shard",
    "torch.distributed.tensor.placement_types._StridedShard",
    "torch.distributed._tensor.placement_types.DTensorSpec",
    "torch.distributed._tensor.placement_types.TensorMeta",
    "torch.distributed._tensor.placement_types.Replicate",
    "torch.distributed._tensor.placement_types.Shard",
)
_UNKNOWN = re.compile(r"GLOBAL ([\w.]+)")


@dataclass(frozen=True)
class Piece:
    """What one process has of a tensor.

    Attributes:
        tensor: its part, a view of the file.
        placements: for each axis of the mesh the dimension that is cut along it, None where each has a copy; no axes
            at all for a tensor that no mesh is named for.
        place: of the process in the mesh, a number for each axis.
        shape: of the whole tensor; None where no mesh is named.
    """

    tensor: Any
    placements: tuple[int | None, ...] = ()
    place: tuple[int, ...] = ()
    shape: tuple[int, ...] | None = None


def read_rank(path: Path) -> dict[str, Piece]:
    """The tensors of one process by their names.

    Raises:
        BadInput: the file holds something else, or cannot be read.
    """
    import torch

    with _only_stand_ins():
        try:
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except MemoryError:
            raise
        except Exception as error:  # the reader raises what it likes about a damaged file
            raise BadInput(f"{path}: {_why(error)}") from error
    if not isinstance(content, dict):
        raise BadInput(f"{path}: holds no tensors by name: give the folder of a model's checkpoint")
    try:
        return {name: _piece(tensor) for name, tensor in content.items()}
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise BadInput(f"{path}: FSDP writes no such tensor ({error}): is it a model's checkpoint?") from error


def _why(error: Exception) -> str:
    unknown = _UNKNOWN.search(str(error))
    if unknown:
        return f"holds {unknown[1]}, and nothing but tensors and their sharding over a mesh is read: nothing was run"
    return f"cannot be read as a file of torch.save ({str(error).splitlines()[0][:200]})"


def _piece(tensor: Any) -> Piece:
    import torch

    if type(tensor) in (torch.Tensor, torch.nn.Parameter):
        return Piece(tensor.detach())
    spec = tensor._spec
    cut = tuple(map(_dimension, spec.placements))
    place, shape = tuple(map(int, spec.mesh._coordinate_on_dim)), tuple(spec.tensor_meta.said[0])
    if len(place) != len(cut):
        raise TypeError(f"a mesh of {len(place)} axes for {len(cut)} placements")
    return Piece(tensor._local_tensor.detach(), cut, place, shape)


def _dimension(placement: Any) -> int | None:
    kind = type(placement).__name__
    if kind not in ("Shard", "Replicate"):
        raise TypeError(f"its placement is {kind}")
    return int(placement.dim) if kind == "Shard" else None


class _Noted:
    """Keeps what a file says of an object."""

    def __new__(cls, *said: Any) -> Any:
        """Takes any arguments, as the class that it stands for does."""
        made = object.__new__(cls)
        made.said = said  # type: ignore[attr-defined]
        return made


@functools.cache
def _stand_ins() -> list[Any]:
    """What the reader may make of each name in the table."""
    import torch

    def refuse(*_arguments: Any, **_more: Any) -> Any:
        raise TypeError("is a part of a tensor, with which nothing can be computed")

    part = type("Part", (torch.Tensor,), {"__torch_dispatch__": classmethod(refuse)})
    noted = [(type(name.rpartition(".")[2], (_Noted,), {}), name) for name in _NOTED]
    return [*((part, name) for name in _DTENSOR), *noted]


@contextlib.contextmanager
def _only_stand_ins() -> Iterator[None]:
    """Within this, the reader makes no object that some library has called safe."""
    from torch.serialization import add_safe_globals, clear_safe_globals, get_safe_globals

    others = get_safe_globals()
    clear_safe_globals()
    add_safe_globals(_stand_ins())
    try:
        yield
    finally:
        clear_safe_globals()
        add_safe_globals(others)
