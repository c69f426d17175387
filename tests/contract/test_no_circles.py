"""No import runs in a circle: not among modules, wherever in a module the import stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("shared", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "stages").iterdir())))


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    found = {}
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            parts = path.relative_to(ROOT / source).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of ours that a file imports, whichever way."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{name.name}" for name in node.names if f"{node.module}.{name.name}" in known]
            yield from inside
            if len(inside) < len(node.names) and node.module in known:
                yield node.module


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_import_runs_in_a_circle() -> None:
    known = modules()
    assert len(known) > 200
    assert not circle({name: set(imports(path, known)) for name, path in known.items()})


def test_a_circle_would_be_found(tmp_path: Path) -> None:
    known = {"vtb.a": tmp_path / "a.py", "vtb.b": tmp_path / "b.py"}
    known["vtb.a"].write_text("import vtb.b")
    known["vtb.b"].write_text("def f():\n    from vtb import a")
    assert circle({name: set(imports(path, known)) for name, path in known.items()})
