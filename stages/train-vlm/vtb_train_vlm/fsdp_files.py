"""The files of an FSDP checkpoint, as veRL and EasyR1 write them: one for each process."""

from __future__ import annotations

import re
from pathlib import Path

from vtb.errors import BadInput, NotAvailable

_FILE = re.compile(r"model_world_size_(\d+)_rank_(\d+)\.pt")
HUGGINGFACE = "huggingface"  # configuration and tokenizer lie there


def checkpoint_folder(given: str) -> Path:
    """The folder with the files: the one that is given (``global_step_N/actor``), or ``actor`` within it.

    Raises:
        NotAvailable: there is no such folder.
        BadInput: it is no such checkpoint.
    """
    folder = Path(given).absolute()
    if not folder.is_dir():
        raise NotAvailable(f"{given}: no folder here: give the one with the files model_world_size_W_rank_R.pt")
    found = next((place for place in (folder, folder / "actor") if _ranks(place)), None)
    if found is None:
        raise BadInput(f"{given}: is no FSDP checkpoint, it has no files model_world_size_W_rank_R.pt")
    if not (found / HUGGINGFACE / "config.json").is_file():
        raise BadInput(f"{found}: has no {HUGGINGFACE}/config.json: copy the base model's configuration files there")
    return found


def rank_files(folder: Path) -> list[Path]:
    """The file of each process, in their order.

    Raises:
        BadInput: files are missing, or are those of runs with several numbers of processes.
    """
    ranks = _ranks(folder)
    sizes = sorted({world for world, _ in ranks})
    if len(sizes) > 1:
        raise BadInput(f"{folder}: has files for world sizes {_listed(sizes)}: leave those of one run there")
    missing = sorted(set(range(sizes[0])) - {rank for _, rank in ranks})
    if missing:
        raise BadInput(f"{folder}: lacks the files of ranks {_listed(missing)} of {sizes[0]}: copy those, too")
    return [ranks[sizes[0], rank] for rank in range(sizes[0])]


def _ranks(folder: Path) -> dict[tuple[int, int], Path]:
    """The files by world size and rank."""
    names = ((path, _FILE.fullmatch(path.name)) for path in (folder.iterdir() if folder.is_dir() else ()))
    return {(int(match[1]), int(match[2])): path for path, match in names if match}


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:20]))
    return shown if len(numbers) <= 20 else f"{shown} and {len(numbers) - 20} more"
