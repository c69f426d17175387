"""Turns off, in this process, that transformers and ms-swift import Python files of a model's folder."""

from __future__ import annotations

from typing import NoReturn


def forbid_remote_code() -> None:
    """Closes the one door that every file from a model's folder or a hub comes through before it is imported.

    The flag ``trust_remote_code`` is not enough: ms-swift gives it as true in places where nobody can change it.
    """
    from transformers import dynamic_module_utils

    # Looked up by name at each use, so that modules imported before are covered, too.
    dynamic_module_utils.check_imports = _refuse


def _refuse(filename: object) -> NoReturn:
    raise ValueError(f"{filename}: code in a model's folder is never run")
