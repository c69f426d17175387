"""The names of ms-swift's arguments, read from its source: importing it takes half a minute, reading 0.3 s."""

from __future__ import annotations

import ast
import functools
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

from vtb.did_you_mean import did_you_mean
from vtb.errors import UsageProblem

# Where the fields of its SftArguments are declared, by package, and those that its RLHFArguments have besides.
_SFT = (
    ("swift", "arguments/sft_args.py"), ("swift", "arguments/tuner_args.py"), ("swift", "arguments/base_args/*.py"),
    ("swift", "trainers/arguments.py"), ("swift", "ray_utils/arguments.py"), ("transformers", "training_args.py"),
    ("transformers", "training_args_seq2seq.py"),
)  # fmt: skip
_SOURCES = {
    "sft": _SFT,
    "rollout": (
        ("swift", "arguments/base_args/*.py"),
        ("swift", "arguments/merge_args.py"),
        ("swift", "arguments/infer_args.py"),
        ("swift", "arguments/deploy_args.py"),
        ("swift", "rlhf_trainers/args_mixin.py"),
        ("swift", "ray_utils/arguments.py"),
    ),
    "rlhf": (*_SFT, ("swift", "arguments/rlhf_args.py"), ("swift", "rlhf_trainers/args*.py")),
}


@functools.cache
def engine_names(entry: str = "sft") -> frozenset[str]:
    """Every argument of ``swift ENTRY``, and perhaps a few more; empty where its source is not here or is another."""
    found: set[str] = set()
    for package, pattern in _SOURCES[entry]:
        spec = importlib.util.find_spec(package)
        files = sorted(Path(spec.origin).parent.glob(pattern)) if spec is not None and spec.origin else []
        if not files:
            return frozenset()
        found.update(*map(_fields, files))
    return frozenset(found)


def _fields(file: Path) -> Iterator[str]:
    """The annotated names of all classes in a file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    yield line.target.id


def full_name(name: str) -> str:
    """The argument that the parser takes a name for: itself, or the only one that begins so."""
    begun = [known for known in engine_names() if known.startswith(name)]
    return begun[0] if name not in begun and len(begun) == 1 else name


def check_names(names: Iterable[str], entry: str = "sft") -> None:
    """Refuse a name that is no argument of the engine, nor the beginning of one, which its parser takes as well.

    Raises:
        UsageProblem: there is no such argument.
    """
    known = engine_names(entry)
    for name in names:
        if known and not any(full.startswith(name) for full in known):
            hint = did_you_mean(name, known) or f": `swift {entry} --help` lists all"
            raise UsageProblem(f"engine argument --{name}: ms-swift has none of this name{hint}")
