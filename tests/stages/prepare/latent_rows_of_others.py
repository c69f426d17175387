"""Published rows with helper pictures and their pictures, and what is made of them."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from contract.command_line import Result, call
from vtb.artifact import Manifest, read_manifest

COLUMNS = {"id", "text_input", "image_input", "sequence_plan", "original_final_answer", "task", "example"}
CATEGORIES = ("creation", "deletion", "selection", "update")


def media(folder: Path) -> dict[str, bytes]:
    """All media of a dataset by path."""
    found = {}
    for path in sorted(folder.glob("media/*.tar")):
        with tarfile.open(path) as packed:
            for member in packed:
                content = packed.extractfile(member)
                assert content is not None
                found[member.name] = content.read()
    return found


def picture(path: Path, seed: int) -> str:
    """A small picture that differs from others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (24, 32, 3), np.uint8)
    Image.fromarray(noise).save(path, quality=90)
    return str(path)


def comt(root: Path, count: int = 8) -> list[dict[str, Any]]:
    """Rows in the form of ILVR, two on each picture, with their pictures below ``images_comt``."""
    rows = []
    for number in range(count):
        kind = CATEGORIES[number // 2 % 4]
        asked, helper = f"images_comt/{kind}/{number // 2}.png", f"images_comt/{kind}/{number}-helper.jpg"
        picture(root / asked, number // 2)
        picture(root / helper, 1000 + number)
        plan = [
            {"type": "text", "content": "First I look at it. "}, {"type": "latent", "helper_image": helper},
            {"type": "text", "content": "Then I extend the line."}, {"type": "latent", "helper_image": asked},
            {"type": "text", "content": f"The final answer is: {number}°"},
        ]  # fmt: skip
        rows.append({"text_input": f"Which angle is {number}?", "image_input": [asked], "sequence_plan": plan,
                     "original_final_answer": f"{number}°"})  # fmt: skip
    return rows


def write(file: Path, rows: Iterable[Mapping[str, Any] | str]) -> Path:
    """Rows as JSON lines; a string is a line as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def prepare(output: Path, data: Path, images: Path, *more: object) -> Result:
    """Run the command on published rows."""
    line = ("--data", data, "--images", images, "--output", output, "--workers", "1")
    return call("vtb-prepare", "latent", *line, *more)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it is published: TRAIN.jsonl, and the pictures below images_comt/."""
    base = tmp_path_factory.mktemp("comt") / "published"
    base.mkdir()
    write(base / "TRAIN.jsonl", comt(base))
    return base


def good(output: Path, data: Path, images: Path, *more: object) -> Manifest:
    result = prepare(output, data, images, *more)
    assert result.code == 0, result.err
    return read_manifest(str(output), ("latent-dataset",))
