"""Engine arguments as the user gives them: after ``--``, or in a YAML or JSON file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.artifact.model_folder import read_json
from vtb.errors import BadInput, NotAvailable, UsageProblem
from vtb.stage.config_file import UnreadableYaml, load_yaml
from vtb_train_vlm.engine_names import check_names, full_name
from vtb_train_vlm.engine_values import check_values
from vtb_train_vlm.refused import check_argument, check_variable

# Values by argument name; None takes an argument away.
Arguments = dict[str, "list[str] | None"]

# The template of each family. Told to the engine, which cannot tell some families apart by a local folder alone.
_TEMPLATES = {"qwen3_vl": "qwen3_vl", "qwen3_vl_moe": "qwen3_vl", "qwen2_5_vl": "qwen2_5_vl", "qwen2_vl": "qwen2_vl"}
_SECRET = re.compile(r"(^|[-_.])(hub_?tok\w*|token|secret|password|passwd|api[-_]?key)$", re.IGNORECASE)
_INSIDE = re.compile(r"[\"']([\w-]+)[\"']\s*:")


def check_engine_args(arguments: tuple[str, ...], config: Path | None, entry: str = "sft") -> None:
    """Refuse what the engine would refuse half a minute later, and secrets, which `ps` and the manifest would show.

    Without a leading dash it is a mistyped option of ours.
    """
    if arguments and not arguments[0].startswith("-"):
        raise UsageProblem(f"unexpected argument {arguments[0]!r}: engine arguments follow -- and start with --")
    configured, _ = read_config(config)
    names = [word.partition("=")[0] for word in arguments if word.startswith("--")]
    inside = [name for word in arguments for name in _INSIDE.findall(word)]  # keys of JSON values
    secret = next((name for name in [*names, *inside, *configured] if _SECRET.search(name.lstrip("-"))), None)
    if secret is not None:
        raise UsageProblem(f"{secret}: give secrets in the environment, never in the arguments of the engine")
    given = parse_arguments(arguments)
    check_names([*given, *configured], entry)
    check_values({**configured, **given}, entry)


def parse_arguments(tokens: Sequence[str]) -> Arguments:
    """Groups ``--name value ...`` tokens by name; the spellings ``--a-b`` and ``--a_b=value`` are the same argument.

    Raises:
        UsageProblem: A value comes before any name, a name comes twice, or is one that the stage refuses.
    """
    found: list[tuple[str, list[str]]] = []
    for token in tokens:
        if token.startswith("--"):
            name, equals, value = token[2:].partition("=")
            found.append((name.replace("-", "_"), [value] if equals else []))
        elif not found:
            raise UsageProblem(f"engine arguments start with a name such as --lora_dropout, not with {token!r}")
        else:
            found[-1][1].append(token)
    return _checked([_negation(name, values) for name, values in found], "after --")


def _negation(name: str, values: list[str]) -> tuple[str, list[str] | None]:
    """Reads the parser's ``--no_x`` as ``--x false``, so that it replaces an ``--x`` of ours."""
    return (name[3:], ["false"]) if name.startswith("no_") and not values else (name, values)


def _checked(found: Iterable[tuple[str, list[str] | None]], where: str) -> Arguments:
    arguments: Arguments = {}
    for begun, values in found:
        name = full_name(begun)
        if name in arguments:
            raise UsageProblem(f"engine argument {name} ({where}) is given twice: give it once")
        check_argument(name, values, where)
        arguments[name] = values
    return arguments


def read_config(path: Path | None) -> tuple[Arguments, dict[str, str]]:
    """Reads a file of engine arguments; returns them, and the environment variables of its ``ENV`` block.

    Raises:
        UsageProblem: The file cannot be read, is not a mapping of names to values, or has what the stage refuses.
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
    for name in variables:
        check_variable(str(name), str(path))
    named = [(str(name).replace("-", "_"), value) for name, value in content.items()]
    written = [(name, to_arguments({name: value}, keep_none=True)[name]) for name, value in named]
    return _checked(written, str(path)), {str(name): str(value) for name, value in variables.items()}


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
        BadInput: Its configuration is none.
    """
    path = model / "config.json"
    if not path.is_file():
        raise NotAvailable(f"{model}: no model here (it has no config.json)")
    config = read_json(path)
    family = config.get("model_type", "") if isinstance(config, dict) else None
    if not isinstance(family, str):
        raise BadInput(f"{model}: config.json names no model_type: use a model that is whole")
    return {"model_type": family, "template": _TEMPLATES[family]} if family in _TEMPLATES else {}


def side_of_token(model: Path) -> int | None:
    """Pixels along a side of what the model makes one token of; None where its configuration does not say."""
    path = model / "config.json"
    config = read_json(path) if path.is_file() else None
    vision = config.get("vision_config") if isinstance(config, dict) else None
    sizes = [vision.get(name) for name in ("patch_size", "spatial_merge_size")] if isinstance(vision, dict) else []
    found = [size for size in sizes if isinstance(size, int) and size > 0]
    return found[0] * found[1] if len(found) == 2 else None
