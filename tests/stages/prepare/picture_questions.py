"""Small published files about pictures, and the pictures that they name."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from contract.command_line import Result, call
from vtb.media.image import encode_rgb

COMT: list[dict[str, Any]] = [
    {"text_input": "<image>\nHow large is it?", "image_input": ["images_comt/creation/1.png"],
     "original_final_answer": "70°"},
    {"text_input": "Which color?\nA. red\nB. blue", "image_input": ["images_comt/deletion/2.png"],
     "original_final_answer": "B"},
    {"text_input": "Is it so?", "image_input": "images_comt/update/3.png", "original_final_answer": "Yes"},
    {"text_input": "Compare <image> with <image>.",
     "image_input": ["images_comt/selection/4.png", "images_comt/creation/1.png"], "original_final_answer": "7 cm"},
]  # fmt: skip
PICTURES = [f"images_comt/{place}.png" for place in ("creation/1", "deletion/2", "update/3", "selection/4")]


def draw(folder: Path, names: Iterable[str]) -> Path:
    """A picture of its own for each name; those of one number differ by their folders."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shades = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
        path.write_bytes(encode_rgb(shades.repeat(8, 0).repeat(8 + number % 3, 1)))
    return folder


def lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def tarred(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=".")
    return archive


def zipped(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            packed.write(path, path.relative_to(folder).as_posix())
    return archive


def ask(benchmark: str, questions: Path, output: Path, *more: object) -> Result:
    words = ("--benchmark", benchmark, "--questions", questions, "--output", output, "--workers", "1", *more)
    return call("vtb-prepare", "questions", *words)


def good(result: Result) -> str:
    assert result.code == 0, result.err
    return result.out.strip()
