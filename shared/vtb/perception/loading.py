"""Models of transformers out of local folders: safetensors alone, nothing from the network, no code from the folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vtb.artifact.model_folder import check_model_folder
from vtb.errors import BadInput, NotAvailable, VtbError


def load_model(kind: str, folder: Path, device: str, dtype: Any) -> Any:
    """A model in the mode of inference.

    Args:
        kind: the name of its class in transformers.
        folder: its ``config.json`` and ``model.safetensors``.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        dtype: of torch, in which it computes.

    Raises:
        NotAvailable: transformers is not installed, or the folder is missing.
        BadInput: the folder does not hold such a model, whole.
    """
    with refusals(kind, folder):
        import transformers

        transformers.utils.logging.disable_progress_bar()
        loaded, report = getattr(transformers, kind).from_pretrained(
            folder, dtype=dtype, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
        missing = sorted(report["missing_keys"])
        if missing:
            raise BadInput(f"{folder}: lacks {len(missing)} weights of a {kind}, {missing[0]} for one: bring it again")
        return loaded.to(device).eval()


def load_processor(kind: str, folder: Path, file: str) -> Any:
    """What prepares a model's input: a tokenizer or an image processor of transformers.

    Args:
        kind: the name of its class.
        folder: where it is.
        file: what it is read from; without that file transformers may make one up.

    Raises:
        NotAvailable: transformers is not installed, or the folder or the file is missing.
        BadInput: it cannot be loaded.
    """
    with refusals(kind, folder):
        file_of(folder, file)
        import transformers

        no_code = {"trust_remote_code": False} if kind.startswith("Auto") else {}
        return getattr(transformers, kind).from_pretrained(folder, local_files_only=True, **no_code)


def file_of(folder: Path, name: str) -> Path:
    """A file of a model, which is there.

    Raises:
        NotAvailable: it is missing, or no regular file.
    """
    if not (folder / name).is_file():
        raise NotAvailable(f"{folder}: has no {name}; {_tells(folder)}")
    return folder / name


def _tells(folder: Path) -> str:
    return f"`vtb weights check {folder.parent}` tells what belongs there"


@contextmanager
def refusals(kind: str, folder: Path) -> Iterator[None]:
    """Whatever goes wrong in here is told as a user can act on it."""
    if not folder.is_dir():
        raise NotAvailable(f"{folder}: is missing; {_tells(folder)}")
    try:
        from vtb.engine.torchvision_cpu import allow_cpu_torchvision

        allow_cpu_torchvision()
        check_model_folder(folder)
        yield
    except (VtbError, MemoryError):
        raise
    except ImportError as error:
        raise NotAvailable(f"{error}: models of perception need torch, torchvision and transformers") from error
    except Exception as error:  # the libraries raise what they like about a damaged folder
        if type(error).__name__ == "OutOfMemoryError":  # torch's
            raise
        raise BadInput(f"{folder}: cannot be loaded as a {kind}: {error!r}") from error
