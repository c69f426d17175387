"""The picture of all families in the README shows the families as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from contract.command_line import run
from vtb.media.image import decode_image

ROOT = Path(__file__).parents[2]
COMMAND = "vtb gallery --output docs/gallery.png"


def test_it_is_up_to_date(tmp_path: Path) -> None:
    """Pixels at the rim of a line may depend on the versions of the packages that draw it; a puzzle may not."""
    assert COMMAND in (ROOT / "docs" / "adding-a-family.md").read_text()
    program, *words = COMMAND.replace("docs/", f"{tmp_path}/").split()
    assert run(program, *words).code == 0
    fresh, stored = (decode_image((folder / "gallery.png").read_bytes()) for folder in (tmp_path, ROOT / "docs"))
    assert fresh.shape == stored.shape, f"run: {COMMAND}"
    differs = np.abs(fresh.astype(int) - stored).max(axis=2) > 100
    assert differs.mean() < 1e-4, f"run: {COMMAND}"


def test_it_is_small_and_shown() -> None:
    assert (ROOT / "docs" / "gallery.png").stat().st_size < 1_000_000
    assert "](docs/gallery.png)" in (ROOT / "README.md").read_text()
