"""Changes of a checkpoint of two processes, for tests of merging it: to an older, a harmful or a wrong one."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any


def files(parts: Path) -> list[Path]:
    """The files of both processes."""
    return sorted(parts.glob("model_world_size_2_rank_*.pt"))


def content(file: Path) -> dict[str, Any]:
    """As torch itself reads it."""
    import torch
    import torch.distributed.tensor

    return dict(torch.load(file, weights_only=True))


def rewritten(file: Path, *changes: tuple[bytes, bytes]) -> None:
    """Other bytes in the pickle of a file of torch.save."""
    with zipfile.ZipFile(file) as old:
        entries = {info.filename: old.read(info) for info in old.infolist()}
    (pickled,) = (name for name in entries if name.endswith("/data.pkl"))
    for before, after in changes:
        assert before in entries[pickled], before
        entries[pickled] = entries[pickled].replace(before, after)
    with zipfile.ZipFile(file, "w") as new:
        for name, data in entries.items():
            new.writestr(name, data)


class Evil:
    """Makes a file where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


def spoil(parts: Path, how: str) -> None:
    """One fault."""
    import torch

    first, second = files(parts)
    config = parts / "huggingface" / "config.json"
    had, name = content(second), "lm_head.weight"
    match how:
        case "missing rank":
            second.unlink()
        case "another world":
            shutil.copy(first, parts / "model_world_size_4_rank_0.pt")
        case "other shape":
            found = json.loads(config.read_text())
            found["text_config"]["vocab_size"] += 64
            config.write_text(json.dumps(found))
        case "no configuration":
            config.unlink()
        case "code":
            (parts / "huggingface" / "modeling.py").write_text("")
        case "a tensor more":
            for file in (first, second):
                torch.save({**content(file), "score.weight": torch.zeros(1)}, file)
        case "a tensor less":
            for file in (first, second):
                torch.save({key: value for key, value in content(file).items() if key != name}, file)
        case "a tensor less in one":
            torch.save({key: value for key, value in had.items() if key != name}, second)
        case "one rank twice":
            shutil.copy(first, second)
        case "adapter":
            for file in (first, second):
                torch.save({**content(file), "q_proj.lora_A.default.weight": torch.zeros(1)}, file)
        case "no tensor":
            torch.save({**had, name: 7}, second)
        case "no dictionary":
            torch.save([1], second)
        case "cut off":
            second.write_bytes(second.read_bytes()[:5000])
        case "partial sums":
            for file in (first, second):
                rewritten(file, (b"placement_types\nShard\n", b"placement_types\nPartial\n"))
