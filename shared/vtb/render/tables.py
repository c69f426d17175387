"""The option tables in the READMEs of the stages, between two marker comments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from vtb.errors import BadInput
from vtb.stage.describe import options_schema
from vtb.stage.registry import installed, other_commands

# What people call the types and formats of JSON Schema.
WORDS = {"uri-reference": "URI", "string": "text"}
_BLOCK = re.compile(r"(<!-- options: (?P<name>[a-z0-9 -]+) -->\n).*?(<!-- end of options -->)", re.DOTALL)


def rendered(root: Path) -> dict[Path, str]:
    """Every README below ``stages/`` as it should be; a command without a table anywhere is an error."""
    pages = {page: page.read_text(encoding="utf-8") for page in stage_pages(root).values()}
    return {
        page: _BLOCK.sub(lambda match: match[1] + table(match["name"]) + match[3], text) for page, text in pages.items()
    }


def stage_pages(root: Path) -> dict[str, Path]:
    """The README below ``stages/`` that has the option table of each stage and of each other command.

    Raises:
        BadInput: one has none, or a table is of no command.
    """
    known = {*installed(), *other_commands()}
    found: dict[str, Path] = {}
    for page in sorted(root.glob("stages/*/README.md")):
        names = [match["name"] for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))]
        if unknown := sorted(set(names) - known):
            raise BadInput(f"{page}: has an option table of {unknown[0]!r}, but there is no such stage")
        found |= dict.fromkeys(names, page)
    if missing := sorted(known - set(found)):
        raise BadInput(f"no README below {root / 'stages'} has the option table of {', '.join(missing)}")
    return found


def table(name: str) -> str:
    """The options of a command as a Markdown table, a heading for each group."""
    command = installed()[name].command if name in installed() else other_commands()[name]
    schema = options_schema(command, f"vtb-{name}")
    rows = [_row(option, name in schema["required"]) for name, option in schema["properties"].items()]
    head = ["| option | environment variable | default | meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def _row(option: dict[str, Any], required: bool) -> str:
    cells = [
        f"`{option['x-flag']}`{_type(option)}", f"`{option['x-env']}`", _default(option, required),
        option["description"],
    ]  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(option: dict[str, Any]) -> str:
    many = option["type"] == "array"
    value = option["items"] if many else option
    if value["type"] == "boolean":
        return ""
    words = "|".join(value["enum"]) if "enum" in value else WORDS.get(kind := value.get("format", value["type"]), kind)
    low, high, above = (value.get(bound) for bound in ("minimum", "maximum", "exclusiveMinimum"))
    if low is not None:
        words += f" {low:g} to {high:g}" if high is not None else f", at least {low:g}"
    if above is not None:
        words += f", above {above:g}"
    return f" {words}" + (" (repeatable)" if many else "")


def _default(option: dict[str, Any], required: bool) -> str:
    if required:
        return "required"
    value = option.get("default")
    if told := option.get("x-default"):
        return str(told)
    if value is None or value is False or value == []:
        return ""
    if isinstance(value, list):
        return "`" + " ".join(str(entry) for entry in value) + "`"
    return f"`{str(value).lower() if value is True else value}`"
