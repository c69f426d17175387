"""Values and variables that are nearly right: what was meant is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.command_line import TINY, call


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("vtb-gen-maze", "--count", "abc"),
            "'abc' is not a valid integer: write a whole number, for example 100 (see",
        ),
        (("vtb-gen-maze", "--workers", "two"), "'two' is not a valid integer: write a whole number, for example 100"),
        (("vtb-gen-maze", "--count", "1e3"), "'1e3' is not a valid integer: write a whole number"),
        (("vtb-curate", "--input", "x", "--val", "half"), "'half' is not a number: write for example 0.5 (see"),
        (("vtb-gen-eyeballing", "--task", "midpont"), "'all': did you mean midpoint? (see"),
        (
            ("vtb-gen-maze", "--algorithm", "wilsen"),
            "'wilsen' is not one of 'wilson', 'dfs': did you mean wilson? (see",
        ),
        (("vtb-gen-maze", "--log-level", "warn"), ": did you mean warning? (see"),
        (("vtb-gen-maze", "--shape", "round"), "'circle' (see"),
    ],
)
def test_wrong_values(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = call(*words, "--output", tmp_path / "o")
    assert (done.code, says in done.err) == (2, True), done.err


def test_a_misspelt_variable_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VTB_GEN_MAZE_CONUT", "VTB_GEN_MAZE_SEED", "VTB_GEN_MAZE_XYZ", "VTB_CURATE_VLA", "VTB_CACHE"):
        monkeypatch.setenv(name, "3")
    done = call("vtb-gen-maze", *TINY, "--dry-run", "--output", tmp_path / "o")
    assert done.code == 0, done.err
    first, second = (line.partition("warning ")[2] for line in done.err.splitlines())
    assert first == (
        "VTB_GEN_MAZE_CONUT is no option of vtb-gen-maze and changes nothing: did you mean VTB_GEN_MAZE_COUNT?"
    )
    assert second.startswith("VTB_GEN_MAZE_XYZ is no option of vtb-gen-maze and changes nothing")


def test_a_model_that_is_complete_has_files(tmp_path: Path) -> None:
    for told in ("complete: ", "already complete: "):
        done = call("vtb-train-vlm", "tiny-model", tmp_path / "m")
        assert (done.code, told in done.err, "0 rows" in done.err) == (0, True, False), done.err
        assert " files" in done.err
