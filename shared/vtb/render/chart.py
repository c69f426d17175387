"""What is written for the chart: the schema of its values, and the tables in its README."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from vtb.errors import BadInput
from vtb.render.chart_values import Values, values_schema
from vtb.render.site_table import stage_keys
from vtb.stage.declaration import Stage

TABLE = re.compile(r"(<!-- (values|stages|stage keys) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)


def rendered(chart: Path, stages: list[Stage]) -> dict[str, str]:
    """The schema and the README of the chart as they should be."""
    text = (chart / "values.yaml").read_text(encoding="utf-8")
    check(text)
    page = (chart / "README.md").read_text(encoding="utf-8")
    tables = {"values": table(text), "stages": stages_table(stages), "stage keys": stage_keys()}
    return {
        "values.schema.json": json.dumps(values_schema(stages), indent=1) + "\n",
        "README.md": TABLE.sub(lambda match: match[1] + tables[match[2]] + match[3], page),
    }


def check(text: str) -> None:
    """Refuse a values.yaml that the schema would refuse, or that leaves a key out.

    Raises:
        BadInput: with the key.
    """
    try:
        msgspec.convert(yaml.safe_load(text), Values)
    except msgspec.ValidationError as error:
        raise BadInput(f"values.yaml of the chart: {error}") from error


def table(text: str) -> str:
    """The values as a Markdown table."""
    rows = [f"| `{key}` | `{default}` | {words} |".replace("| `` |", "| |") for key, default, words in described(text)]
    return "\n".join(["| value | default | meaning |", "|---|---|---|", *rows]) + "\n"


def stages_table(stages: list[Stage]) -> str:
    """What each stage asks for, as a Markdown table."""
    rows = [["stage", "cpu", "memory", "gpu", "disk", "shared memory", "in parts", "on several nodes"], ["---"] * 8]
    for stage in stages:
        asked = stage.resources
        several = "yes" if stage.parallel == "shards" else "", "yes" if stage.gang else ""
        amounts = asked.cpu, asked.memory, str(asked.gpu or ""), asked.disk, asked.shared_memory
        rows.append([f"`{stage.slug}`", *amounts, *several])
    return "".join(f"| {' | '.join(row)} |\n".replace("  ", " ") for row in rows)


def described(text: str) -> Iterator[tuple[str, str, str]]:
    """Key, default and explanation of each value that has one, in the order of the file."""
    data, path, words = yaml.safe_load(text), list[tuple[int, str]](), list[str]()
    for line in text.splitlines():
        if match := re.match(r"\s*# (-- )?(.*)", line):
            words = [match[2]] if match[1] else [*words, match[2]] if words else []
        elif match := re.match(r"( *)([A-Za-z]+):", line):
            path = [*((indent, name) for indent, name in path if indent < len(match[1])), (len(match[1]), match[2])]
            if words:
                names = [name for _, name in path]
                yield ".".join(names), _default(data, names), " ".join(words)
            words = []


def _default(data: Any, names: list[str]) -> str:
    for name in names:
        data = data[name]
    return "" if data in ("", None, [], {}) else data if isinstance(data, str) else json.dumps(data)
