"""What holds for every command: help in full sentences and at once, a contract as JSON, light imports."""

from __future__ import annotations

import ast
import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from jsonschema import Draft202012Validator

from contract.command_line import BIN, programs, run
from vtb.stage.declaration import StageCommand
from vtb.stage.with_others import StageWithOthers

ROOT = Path(__file__).parents[2]
HEAVY = {
    "torch", "torchvision", "swift", "diffsynth", "vllm", "cv2", "av", "transformers", "peft", "trl", "accelerate",
    "deepspeed", "datasets", "matplotlib", "decord",
}  # fmt: skip
# The seconds themselves are measured by perf/start_up.py: a slow machine is slow in both of these.
HELP_RATIO, LIBRARIES = 4, "import numpy, click, yaml"


def walk(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, command
    if isinstance(command, (click.Group, StageWithOthers)):
        for name, inner in command.commands.items():
            yield from walk((*words, name), inner)


COMMANDS = {
    " ".join(words): command for name, program in programs().items() for words, command in walk((name,), program)
}
every_command = pytest.mark.parametrize("words", sorted(COMMANDS))
every_stage = pytest.mark.parametrize(
    "words", sorted(name for name, command in COMMANDS.items() if isinstance(command, StageCommand))
)


def test_the_table_has_every_stage() -> None:
    assert {"vtb-gen-maze", "vtb-curate", "vtb-prepare vlm", "vtb-train-vlm sft"} <= set(COMMANDS)
    assert {"vtb-eval predict", "vtb-eval score"} <= set(COMMANDS)


def cpu_seconds(line: list[str]) -> float:
    """Processor time of a process: unlike the clock, it does not grow when the machine is busy."""
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stderr is not None
    with process.stderr as stream:
        assert (process.returncode, stream.read()) == (0, b"")
    return usage.ru_utime + usage.ru_stime


@every_command
def test_help_comes_at_once(words: str) -> None:
    program, *rest = words.split()
    line = [str(BIN / program), *rest, "--help"]
    assert any(cpu_seconds(line) < HELP_RATIO * libraries_seconds() for _ in range(3))


@functools.cache
def libraries_seconds() -> float:
    """Processor time that the libraries alone take which every command needs."""
    return min(cpu_seconds([sys.executable, "-c", LIBRARIES]) for _ in range(3))


def is_sentence(text: str, names: set[str]) -> bool:
    """Whether a text is made of full sentences; it may begin with a value as one types it."""
    first = re.split(r"\W", text, maxsplit=1)[0]
    return text.endswith(".") and (not text[:1].islower() or first in names)


@every_command
def test_help_is_in_full_sentences(words: str) -> None:
    command = COMMANDS[words]
    assert is_sentence((command.help or "").strip().split("\n")[0], set())
    assert is_sentence(command.get_short_help_str(10**6), set())
    for option in command.params:
        if isinstance(option, click.Option):
            names = set(option.type.choices) if isinstance(option.type, click.Choice) else set()
            assert is_sentence(option.help or "", names), (option.opts, option.help)
            assert "  " not in (option.help or "")


@every_stage
def test_the_help_shows_an_example_of_itself(words: str) -> None:
    assert f"Example: {words} " in " ".join((COMMANDS[words].help or "").split())


@every_stage
def test_the_contract_is_json(words: str) -> None:
    program, *rest = words.split()
    result = run(program, *rest, "--describe")
    assert (result.code, result.err) == (0, "")
    contract = json.loads(result.out)
    assert contract["command"] == words
    assert contract["name"] == words.removeprefix("vtb-")
    assert is_sentence(contract["summary"], set())
    assert contract["image"].startswith("vtb/")
    assert set(contract["resources"]) == {"cpu", "memory", "gpu", "disk", "shared_memory"}
    assert isinstance(contract["reads"], list)
    assert contract["writes"]
    Draft202012Validator.check_schema(contract["options"])
    options = contract["options"]["properties"]
    assert {"output", "seed", "workers", "overwrite", "dry_run", "log_format", "log_level", "config"} <= set(options)
    assert ("input" in options) == bool(contract["reads"])
    assert {"num_shards", "shard_index"} <= set(options) or contract["parallel"] == "single"
    prefix = words.upper().replace("-", "_").replace(" ", "_")
    assert all(option["x-env"] == f"{prefix}_{name.upper()}" for name, option in options.items())
    assert all(option["description"] and option["type"] and option["x-group"] for option in options.values())
    takes = {name for name, option in options.items() if option["x-artifact"]}
    taking = {"input", "model", "adapter", "encoder", "against", *(["benchmark"] if words == "vtb-curate" else [])}
    named = (
        {"model"} if words in ("vtb-curate videos", "vtb-gen-dynamic") else set()
    )  # by the name that a server gives it
    assert takes == taking & set(options) - named


@every_stage
def test_version(words: str) -> None:
    program, *rest = words.split()
    result = run(program, *rest, "--version")
    assert result.code == 0
    assert re.match(r"vtb-train \d+\.\d+", result.out)


IMPORTS = """
import sys
from importlib.metadata import entry_points
name, *rest = sys.argv[1:]
stages = [entry for entry in entry_points(group="vtb.stages") if "vtb-" + entry.name == name]
if stages:
    command = stages[0].load()
else:
    from vtb.cli.main import main as command
try:
    command.main([*rest, "--help"], prog_name=name)
except SystemExit:
    pass
print("\\n" + " ".join(sorted({module.partition(".")[0] for module in sys.modules})))
"""


@every_command
def test_help_imports_nothing_heavy(words: str) -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTS, *words.split()], capture_output=True, text=True, check=True)
    assert f"Usage: {words}" in done.stdout
    assert "None" not in done.stdout.rpartition("\n\n")[0]  # what click says of a number without bounds
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded & HEAVY == set()
    assert "click" in loaded


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that a source names, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""
        elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)


def imports_at_once(tree: ast.Module) -> Iterator[str]:
    """The modules that importing a source imports: those in functions and for the type checker are left out."""
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Try, ast.If)) and "TYPE_CHECKING" not in ast.dump(node):
            yield from imports(node)


SOURCES = sorted([*(ROOT / "shared").rglob("*.py"), *(ROOT / "stages").rglob("*.py")])


def package_of(source: Path) -> str:
    """``vtb`` or the stage's package."""
    place = source.relative_to(ROOT).parts
    return place[1] if place[0] == "shared" else place[2]


def test_there_are_sources() -> None:
    assert {"vtb", "vtb_generate", "vtb_curate", "vtb_prepare", "vtb_eval"} <= {package_of(path) for path in SOURCES}
    assert len(SOURCES) > 60


@pytest.mark.parametrize("package", sorted({package_of(path) for path in SOURCES}))
def test_a_stage_imports_the_library_and_itself(package: str) -> None:
    """design.md, section 2: an image holds one stage, so another one cannot be imported there."""
    for source in (path for path in SOURCES if package_of(path) == package):
        for module in imports(ast.parse(source.read_text())):
            top = module.partition(".")[0]
            assert not top.startswith("vtb_") or top == package, (source, module)
            assert not module.startswith(("shared", "stages", "tests")), (source, module)


def test_engines_are_imported_late() -> None:
    """Sources that only an engine's own process reads may import it at once."""
    inside_engines = {
        "torchvision_cpu.py", "engine_callback.py", "precise_adamw.py", "tiny/codec.py", "tiny/qwen.py", "tiny/wan.py",
        "geometry/config.py", "geometry/former.py", "geometry/model.py", "geometry/module.py", "geometry/qwen.py",
        "orientation_net.py",
    }  # fmt: skip
    for source in SOURCES:
        if not inside_engines & {source.name, f"{source.parent.name}/{source.name}"}:
            found = {module.partition(".")[0] for module in imports_at_once(ast.parse(source.read_text()))}
            assert found & HEAVY == set(), source


def test_the_rule_would_notice() -> None:
    tree = ast.parse("def f():\n    import vtb_eval.score\nimport torch.nn\nimportlib.import_module('vtb_x')")
    assert set(imports(tree)) == {"vtb_eval.score", "torch.nn", "vtb_x"}
    assert list(imports_at_once(tree)) == ["torch.nn"]
