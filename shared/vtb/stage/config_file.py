"""Reading YAML that people wrote: every way in which it can be wrong is one kind of error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from vtb.regular_file import read_regular

MAX_BYTES = 1 << 18
MAX_DEPTH = 50
MAX_VALUES = 100_000  # with each alias counted as what it stands for


class UnreadableYaml(Exception):
    """The text is no YAML that can be used; the message says why in one line."""


def load_yaml(path: Path) -> Any:
    """The content of a file; ``UnreadableYaml`` when it cannot be read."""
    try:
        return parse_yaml(read_regular(path, MAX_BYTES).decode())
    except OSError as error:
        raise UnreadableYaml(error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise UnreadableYaml("it is not UTF-8") from error


def parse_yaml(text: str) -> Any:
    """A value from YAML text, with plain types only, and so small that it can be walked through and printed."""
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            _measure(node, {}, MAX_DEPTH)
            value = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except RecursionError as error:
        raise UnreadableYaml("it is nested too deeply") from error
    except (yaml.YAMLError, ValueError, TypeError) as error:  # an impossible date, a number of thousands of digits
        raise UnreadableYaml(" ".join(str(error).split())[:300]) from error
    return value


def _measure(node: yaml.Node | None, known: dict[int, tuple[int, int]], room: int) -> tuple[int, int]:
    """How many values a node stands for and how deep they go; visits each once, however many aliases lead to it."""
    if node is not None and id(node) in known:
        values, depth = known[id(node)]
    else:
        parts = node.value if isinstance(node, yaml.CollectionNode) and room > 0 else ()
        flat = [part for entry in parts for part in (entry if isinstance(entry, tuple) else (entry,))]
        below = [_measure(part, known, room - 1) for part in flat]
        values, depth = 1 + sum(count for count, _ in below), 1 + max((deep for _, deep in below), default=0)
        known[id(node)] = values, depth
    if depth > room:
        raise UnreadableYaml(f"it is nested more than {MAX_DEPTH} levels deep, or holds itself")
    if values > MAX_VALUES:
        raise UnreadableYaml(f"its aliases stand for more than {MAX_VALUES} values")
    return values, depth
