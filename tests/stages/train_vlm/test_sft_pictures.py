"""The engine trains on questions about several pictures, about clips, and about the frames of clips."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.command_line import call
from shared.datasets.toy_task import everything, installed, write
from stages.train_vlm.stage_runs import Place
from vtb.artifact import read_manifest

pytestmark = pytest.mark.engine
PLUGIN = Path(__file__).parent / "note_media.py"


@pytest.mark.parametrize(
    ("keys", "noted"),
    [(("pictures", "frames"), {"3 pictures, clips of []", "0 pictures, clips of [[2, 8, 8]]"}),
     (("pictures", "video"), {"3 pictures, clips of []", "0 pictures, clips of [[2, 4, 4]]"})],
)  # fmt: skip
def test_the_engine_gets_all_of_them(keys: tuple[str, ...], noted: set[str], place: Place, tmp_path: Path) -> None:
    """Frames of 64 x 64 pixels, 16 to a patch; its reader enlarges those that come as pictures to 128 x 128."""
    with installed(tmp_path / "site"):
        write(tmp_path / "in", [everything()[key] for key in keys])
        words = ("--input", tmp_path / "in", "--val", "0", "--workers", "1", "--output", tmp_path / "dataset")
        assert call("vtb-prepare", "vlm", *words).code == 0
    reads = ("--input", tmp_path / "dataset", "--model", place.model, "--device", "cpu", "--batch-size", "1")
    more = ("--max-steps", "2", "--output", tmp_path / "out", "--", "--external_plugins", str(PLUGIN))
    done = call("vtb-train-vlm", "sft", *reads, *more, env={**place.env, "NOTED": str(tmp_path / "noted")})
    assert done.code == 0, done.err
    assert set((tmp_path / "noted").read_text().splitlines()) == noted
    assert read_manifest(str(tmp_path / "out")).metrics["steps"] == 2
