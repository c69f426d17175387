"""The keys of the site file as a table, from the docstrings of its parts."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

import vtb
from vtb.cluster.site import PARALLELISM, RETRIES, Site, StagePlace
from vtb.errors import BadInput

PAGE = Path("docs/from-laptop-to-cluster.md")
_BLOCK = re.compile(r"(<!-- (site|stage) keys -->\n).*?(<!-- end of keys -->)", re.DOTALL)
_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
# What is not written in the declaration: it depends on the version, or on the stage.
_ELSEWHERE = {"tag": vtb.__version__, "parallelism": str(PARALLELISM), "nodes": "1", "retries": str(RETRIES)}
_OF_THE_STAGE = ("cpu", "memory", "gpu", "disk", "sharedMemory")


def rendered(root: Path) -> dict[Path, str]:
    """The page with the tables as it should be."""
    page = root / PAGE
    tables = {"site": _table(_rows(Site)), "stage": stage_keys()}
    text = page.read_text(encoding="utf-8")
    return {page: _BLOCK.sub(lambda match: match[1] + tables[match[2]] + match[3], text)}


def stage_keys() -> str:
    """The keys of a stage, which the values of the chart share, as a Markdown table."""
    return _table(_rows(StagePlace))


def explained(kind: type[msgspec.Struct]) -> dict[str, str]:
    """What the docstring of a part says of each attribute.

    Raises:
        BadInput: it leaves one out, or has one that there is not.
    """
    words = {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(inspect.getdoc(kind) or "")}
    fields = {field.name for field in msgspec.structs.fields(kind) if not _is_part(field.type)}
    if odd := sorted(fields ^ set(words)):
        raise BadInput(f"the docstring of {kind.__name__} must explain {', '.join(fields)}: see {', '.join(odd)}")
    return words


def _is_part(kind: Any) -> bool:
    """Whether a field has keys of its own, in a table of their own or with their own lines here."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind is not StagePlace


def _rows(kind: type[msgspec.Struct], before: str = "") -> Iterator[tuple[str, str, str]]:
    words = explained(kind)
    for field in msgspec.structs.fields(kind):
        name = before + field.encode_name
        if _is_part(field.type):
            yield from _rows(field.type, f"{name}.")
        else:
            yield f"`{name}`", _default(field), words[field.name].replace("``", "`").rstrip(".")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.encode_name in _OF_THE_STAGE:
        return "the stage's"
    value = _ELSEWHERE.get(field.name, field.default)
    return f"`{value}`" if isinstance(value, (str, int)) and value != "" else ""


def _table(rows: Iterator[tuple[str, str, str]]) -> str:
    lines = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *lines]).replace("|  |", "| |") + "\n"
