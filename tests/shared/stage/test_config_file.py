"""YAML that people wrote, and what else may lie where it should: nothing hangs, nothing fills the memory."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from contract.command_line import run
from cpu_time import costs_at_most
from vtb.regular_file import read_regular
from vtb.stage.config_file import UnreadableYaml, load_yaml, parse_yaml

LEVELS = 24


def laughs(form: str) -> str:
    """A few hundred bytes that stand for millions of values."""
    lines = [f"a{level}: &a{level} " + form.format(f"*a{level - 1}") for level in range(1, LEVELS)]
    return "\n".join(["a0: &a0 {x: 1}", *lines, f"count: *a{LEVELS - 1}"])


HOSTILE = {
    "aliases in lists": laughs("[{0}, {0}]"),
    "aliases in mappings": laughs("{{l: {0}, r: {0}}}"),
    "merges": laughs("{{<<: [{0}, {0}]}}"),
    "aliases one in another": "\n".join(["a0: &a0 []", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 3000))]),
    "itself": "count: &a [*a]",
    "itself in a mapping": "count: &a {x: *a}",
    "deep": "[" * 300 + "]" * 300,
    "very deep": "[" * 30_000,
    "a number of 5,000 digits": f"count: {'9' * 5000}",
    "an impossible date": "count: 2024-13-45",
    "a list as a name": "? [a]\n: 1",
    "a tag": "count: !!python/object/apply:os.getcwd []",
    "a NUL": "count: \0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_at_once(name: str, tmp_path: Path) -> None:
    def refused() -> None:
        with pytest.raises(UnreadableYaml):
            parse_yaml(HOSTILE[name])

    assert costs_at_most(3, refused)


def test_honest_yaml_is_read() -> None:
    text = "base: &b {x: 1, y: [1, 2]}\nmore: {<<: *b, z: 3}\nwhen: 2024-01-02\nnothing:\n"
    found = parse_yaml(text)
    assert (found["more"], found["nothing"]) == ({"x": 1, "y": [1, 2], "z": 3}, None)
    assert parse_yaml("") is None
    assert len(parse_yaml("[" + "1, " * 5000 + "]")) == 5000


def strange_files(folder: Path) -> dict[str, Path]:
    """What may lie where a file should."""
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "folder").mkdir()
    (folder / "large").touch()
    os.truncate(folder / "large", 1 << 32)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
    names = ("pipe", "loop", "folder", "large", "socket", "none")
    return {**{name: folder / name for name in names}, "endless": Path("/dev/zero"), "memory": Path("/proc/self/mem")}


def test_only_regular_files_of_some_size(tmp_path: Path) -> None:
    for path in strange_files(tmp_path).values():
        with pytest.raises(OSError, match=r"."):
            read_regular(path, 1 << 20)
        with pytest.raises(UnreadableYaml):
            load_yaml(path)
    (tmp_path / "good").write_bytes(b"1234")
    assert read_regular(tmp_path / "good", 4) == b"1234"
    with pytest.raises(OSError, match="more than 3"):
        read_regular(tmp_path / "good", 3)


def test_commands_refuse_them_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "laughs").write_text(HOSTILE["aliases in lists"])
    for name, path in {**strange_files(tmp_path), "laughs": tmp_path / "laughs"}.items():
        for words in (
            ("vtb-gen-maze", "--config", path, "--output", tmp_path / "out"),
            ("vtb", "run", path, "--store", tmp_path / "out"),
        ):
            done = run(*words)
            assert (done.code in (2, 3), len(done.err.splitlines())) == (True, 1), (name, words, done.err)
    assert not (tmp_path / "out").exists()
