"""Engine arguments as the user gives them: after ``--``, or in a YAML or JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.errors import NotAvailable, UsageProblem
from vtb.stage.config_file import UnreadableYaml, load_yaml

# Values by argument name; None takes an argument away.
Arguments = dict[str, "list[str] | None"]

# The template of each family. Told to the engine, which cannot tell some families apart by a local folder alone.
_TEMPLATES = {"qwen3_vl": "qwen3_vl", "qwen3_vl_moe": "qwen3_vl", "qwen2_5_vl": "qwen2_5_vl", "qwen2_vl": "qwen2_vl"}
# The stage finds checkpoints and logs by these, so they cannot be changed behind its back.
_OURS_ALONE = ("output_dir", "add_version")


def parse_arguments(tokens: Sequence[str]) -> Arguments:
    """Groups ``--name value ...`` tokens by name; the spellings ``--a-b`` and ``--a_b=value`` are the same argument.

    Raises:
        UsageProblem: A value comes before any name, or an argument is one that the stage sets itself.
    """
    found: Arguments = {}
    values: list[str] | None = None
    for token in tokens:
        if token.startswith("--"):
            name, equals, value = token[2:].partition("=")
            values = [value] if equals else []
            found[_check_name(name.replace("-", "_"), "after --")] = values
        elif values is None:
            raise UsageProblem(f"engine arguments start with a name such as --lora_dropout, not with {token!r}")
        else:
            values.append(token)
    return dict(_negation(name, given) for name, given in found.items())


def _negation(name: str, values: list[str] | None) -> tuple[str, list[str] | None]:
    """Reads the parser's ``--no_x`` as ``--x false``, so that it replaces an ``--x`` of ours."""
    return (name[3:], ["false"]) if name.startswith("no_") and not values else (name, values)


def _check_name(name: str, where: str) -> str:
    if name in _OURS_ALONE:
        raise UsageProblem(f"engine argument {name} ({where}) is set by the stage and cannot be changed")
    return name


def read_config(path: Path | None) -> tuple[Arguments, dict[str, str]]:
    """Reads a file of engine arguments; returns them, and the environment variables of its ``ENV`` block.

    Raises:
        UsageProblem: The file cannot be read, or is not a mapping of names to values.
    """
    if path is None:
        return {}, {}
    try:
        content = load_yaml(path) or {}  # JSON is YAML, too
    except UnreadableYaml as error:
        raise UsageProblem(f"{path}: cannot read this engine config: {error}") from error
    if not isinstance(content, dict):
        raise UsageProblem(f"{path}: an engine config is a mapping of argument names to values")
    variables = content.pop("ENV", None) or {}
    if not isinstance(variables, dict):
        raise UsageProblem(f"{path}: ENV is a mapping of variable names to values")
    arguments = {_check_name(str(name).replace("-", "_"), str(path)): value for name, value in content.items()}
    return to_arguments(arguments, keep_none=True), {str(name): str(value) for name, value in variables.items()}


def to_arguments(values: Mapping[str, Any], keep_none: bool = False) -> Arguments:
    """Writes Python values the way the engine's parser reads them."""
    written: Arguments = {}
    for name, value in values.items():
        if value is None:
            if keep_none:
                written[name] = None
        else:
            written[name] = [_text(item) for item in value] if isinstance(value, list) else [_text(value)]
    return written


def _text(value: Any) -> str:
    if isinstance(value, (bool, dict)):
        return json.dumps(value)
    return str(value)


def flatten(arguments: Arguments) -> list[str]:
    """Returns the arguments as command line tokens."""
    return [token for name, values in arguments.items() if values is not None for token in (f"--{name}", *values)]


def model_arguments(model: Path) -> dict[str, str]:
    """Returns the arguments that name a model's family to the engine; none for a family that is not known here.

    Raises:
        NotAvailable: The folder is not there, or holds no model.
    """
    try:
        config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotAvailable(f"{model}: no model here (cannot read its config.json: {error})") from error
    family = config.get("model_type", "")
    return {"model_type": family, "template": _TEMPLATES[family]} if family in _TEMPLATES else {}
