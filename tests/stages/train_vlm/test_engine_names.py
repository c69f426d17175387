"""A mistyped argument of the engine is told at once, without starting the engine."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from contract.command_line import call
from stages.train_vlm.stage_runs import A_RUN
from vtb.engine.train import failure
from vtb.errors import UsageProblem
from vtb_train_vlm.engine_names import check_names, engine_names
from vtb_train_vlm.engine_options import check_engine_args

SFT = ("vtb-train-vlm", "sft", "--input", "nowhere", "--model", "nowhere", "--output", "out")


@pytest.mark.engine
def test_every_argument_of_the_engine_is_known() -> None:
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    from swift.arguments import RLHFArguments, SftArguments

    assert {field.name for field in fields(SftArguments)} <= engine_names("sft")
    assert {field.name for field in fields(RLHFArguments)} <= engine_names("rlhf")
    assert "num_generations" not in engine_names("sft")


@pytest.mark.parametrize(
    "given",
    [("--warmup_ration", "0.1"), ("--warmup-ration=0.1",), ("--lora_dropout", "0", "--no_warmup_ration")],
)
def test_a_mistyped_argument_is_told_at_once(given: tuple[str, ...], tmp_path: Path) -> None:
    """Before any input is looked for."""
    done = call(*SFT, "--", *given)
    assert done.code == 2, done.err
    assert "engine argument --warmup_ration: ms-swift has none of this name: did you mean warmup_ratio?" in done.err


def test_also_in_the_engine_s_configuration_file(tmp_path: Path) -> None:
    file = tmp_path / "engine.yaml"
    file.write_text("warmup_ration: 0.1\n")
    with pytest.raises(UsageProblem, match="did you mean warmup_ratio"):
        check_engine_args((), file)


def test_names_that_it_takes() -> None:
    check_engine_args(("--warmup_ra", "0.1", "--warmup-steps=3", "--no_gradient_checkpointing"), None)


def test_another_engine_s_names_are_not_guessed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its source is not here, or lies elsewhere, the engine itself says what it does not know."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    engine_names.cache_clear()
    try:
        check_names(["warmup_ration"])
    finally:
        engine_names.cache_clear()


def test_what_the_engine_leaves_over_is_a_usage_problem() -> None:
    error = failure(A_RUN, 1, ["Traceback", "ValueError: remaining_argv: ['--foo', '1']"], Path("engine.log"))
    assert isinstance(error, UsageProblem)
    assert "'--foo', '1'" in str(error)


def test_no_engine_is_imported() -> None:
    script = "import sys; from vtb_train_vlm.engine_names import engine_names; assert engine_names()\n"
    script += "print([name for name in ('torch', 'swift', 'transformers') if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"
