"""What is refused of a model's folder before anything loads it: code, and configurations that are none.

Engines import Python files that a configuration names (``auto_map``) or that lie where they look for them
(``custom_generate/generate.py``), fetch kernels by name, and import a module that an adapter names. The files are
parsed as the engines parse them, whatever their size and however they spell a name.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vtb.errors import BadInput
from vtb.formats.leftovers import left_behind

_MAX_JSON = 512 << 20  # the largest vocabularies have some twenty mebibytes
_CODE = (".py", ".pyc", ".so")
# Nothing imports these: one is in every checkpoint of DeepSpeed's, the other in every artifact of `vtb-train-vlm grpo`.
_NEVER_IMPORTED = ("zero_to_fp32.py", "vtb_rewards.py")
_CONFIG = re.compile(r"(.+_)?config\.json")


def check_model_folder(folder: Path) -> None:
    """Refuse a model or an adapter that brings code, or whose configuration cannot be one.

    Raises:
        BadInput: it does; the message names the file.
    """
    for path in _files(folder):
        if path.suffix in _CODE and path.name not in _NEVER_IMPORTED:
            raise _refusal(path, "is code in a model's folder, which is never run")
        if path.suffix == ".json" and not left_behind(path.relative_to(folder)):
            content = read_json(path)
            if _CONFIG.fullmatch(path.name):
                _check_config(path, content)


def read_json(path: Path) -> Any:
    """The content of a JSON file of a model.

    Raises:
        BadInput: it is no JSON, or asks for code.
    """
    if path.stat().st_size > _MAX_JSON:
        raise _refusal(path, "is larger than any configuration")

    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # in a vocabulary, every key has a number
        if any(name == "auto_map" and not isinstance(value, int) for name, value in pairs):
            raise _refusal(path, "asks for code from the model's folder (auto_map), which is never run")
        asked = next((name for name, value in pairs if _names_code(name, value)), None)
        if asked is not None:
            raise _refusal(path, f"asks for code by name ({asked}), which is never fetched or imported")
        return dict(pairs)

    try:
        return json.loads(path.read_bytes(), object_pairs_hook=checked)
    except (ValueError, RecursionError) as error:
        raise _refusal(path, f"cannot be read as JSON ({error})") from error


def _names_code(name: str, value: Any) -> bool:
    """Whether a setting has transformers fetch a kernel (``owner/repository``), or PEFT import a module."""
    if name == "megatron_config":
        return bool(value)
    return name.endswith(("attn_implementation", "experts_implementation")) and "/" in json.dumps(value)


def _refusal(path: Path, what: str) -> BadInput:
    return BadInput(f"{path.parent}: {path.name} {what}: use another model, or one that is whole")


def _check_config(path: Path, content: Any) -> None:
    if not isinstance(content, dict):
        raise _refusal(path, "is no configuration, which has names and values")
    if not isinstance(content.get("model_type", ""), str):
        raise _refusal(path, "has a model_type that is no name")


def _files(folder: Path) -> Iterator[Path]:
    """Every regular file, also behind a link at the top, where engines look for folders by name."""
    linked = [entry.path for entry in os.scandir(folder) if entry.is_symlink() and entry.is_dir()]
    for top in [str(folder), *sorted(linked)]:
        for base, folders, names in os.walk(top):
            folders.sort()
            for path in (Path(base, name) for name in sorted(names)):
                if path.exists() and stat.S_ISREG(path.stat().st_mode):
                    yield path
