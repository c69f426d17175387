"""Values that the engine would refuse only after loading the model are told at once; those that break a promise too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contract.command_line import call
from vtb.errors import UsageProblem
from vtb_train_vlm.engine_options import check_engine_args
from vtb_train_vlm.engine_values import _TABLES, known_values

SFT = ("vtb-train-vlm", "sft", "--input", "nowhere", "--model", "nowhere", "--output", "out")
UNKNOWN: dict[str, tuple[tuple[str, ...], str]] = {
    "a callback": (("--callbacks", "early_stopp"), "--callbacks early_stopp: ms-swift has no such value: did you mean"),
    "the second of two": (("--callbacks", "perf_log", "no_such"), "--callbacks no_such: ms-swift has no such value"),
    "by the beginning of its name": (("--callb", "no_such"), "--callbacks no_such: ms-swift has no such value"),
    "our own": (("--callbacks", "vtb"), "--callbacks vtb: ms-swift has no such value"),
    "an optimizer": (("--optimizer=adamm",), "--optimizer adamm: ms-swift has no such value: choose one of default"),
    "a loss": (("--loss-type", "cross_entrop"), "did you mean cross_entropy?"),
    "a figure": (("--eval_metric", "accuracy"), "--eval_metric accuracy: ms-swift has no such value"),
    "a part of a scale": (("--loss_scale", "default+hermess"), "--loss_scale hermess: ms-swift has no such value"),
    "a template for agents": (("--agent_template", "no_such"), "--agent_template no_such"),
    "a place for reports": (("--report_to", "wandbb"), "--report_to wandbb: ms-swift has no such value: did you mean"),
    "a size": (("--max_shard_size", "5"), "--max_shard_size 5: is not of its form: give for example 5GB"),
    "first weights": (("--init_weights", "no_such"), "--init_weights no_such: is not of its form"),
    "settings of an optimizer": (("--optim_args", "0.9"), "--optim_args 0.9: is not of its form"),
}
BREAKING = {
    "early_stop": "would make a continued run differ: its count is in no checkpoint",
    "lisa": "would make a continued run differ: which layers it trains is in no checkpoint",
    "graceful_exit": "would take SIGTERM from the stage",
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_unknown_values_are_told_before_any_input_is_looked_for(case: str) -> None:
    words, said = UNKNOWN[case]
    done = call(*SFT, "--", *words)
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert said in done.error_lines[0]


@pytest.mark.parametrize("name", BREAKING)
def test_callbacks_that_break_a_promise(name: str, tmp_path: Path) -> None:
    done = call(*SFT, "--", "--callbacks", "perf_log", name)
    assert (done.code, f"engine argument callbacks {name} {BREAKING[name]}" in done.err) == (2, True), done.err
    (tmp_path / "engine.yaml").write_text(f"callbacks: [{name}]\nexternal_plugins: [x.py]\n")
    with pytest.raises(UsageProblem, match=name):
        check_engine_args((), tmp_path / "engine.yaml")


def test_an_argument_that_asks_for_one_of_them() -> None:
    with pytest.raises(UsageProblem, match=r"lisa_activated_layers .* which layers"):
        check_engine_args(("--lisa_activated_layers", "2"), None)
    check_engine_args(("--lisa_activated_layers", "0"), None)


GOOD = [
    ("--callbacks", "perf_log", "activation_cpu_offload"), ("--callbacks",), ("--optimizer", "muon"),
    ("--loss_scale", "last_round+hermes+ignore_empty_think"), ("--loss_scale", "all"), ("--report_to", "none"),
    ("--report_to", "wandb", "tensorboard"), ("--max_shard_size", "1.5 GB"), ("--init_weights", "pissa_niter_4"),
    ("--init_weights", "true"), ("--optim_args", "a=1,b=2"), ("--loss_type", "cross_entropy"),
    ("--external_plugins", "mine.py", "--callbacks", "my_own", "--loss_type", "my_loss"),
]  # fmt: skip


@pytest.mark.parametrize("words", GOOD)
def test_values_that_it_takes(words: tuple[str, ...]) -> None:
    check_engine_args(words, None)


@pytest.mark.engine
def test_the_tables_are_the_engine_s_own() -> None:
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    from swift.agent_template import agent_template_map
    from swift.callbacks import callbacks_map
    from swift.loss import loss_map
    from swift.loss_scale import ALL_BASE_STRATEGY, loss_scale_map
    from swift.metrics import eval_metrics_map
    from swift.optimizers import optimizers_map
    from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

    tables = {
        "callbacks": callbacks_map, "optimizer": optimizers_map, "loss_type": loss_map, "eval_metric": eval_metrics_map,
        "agent_template": agent_template_map, "loss_scale": [*loss_scale_map, *ALL_BASE_STRATEGY],
        "report_to": [*INTEGRATION_TO_CALLBACK, "none", "all"],
    }  # fmt: skip
    assert set(tables) == set(_TABLES)
    for name, table in tables.items():
        assert set(known_values(name)) == set(table) - {"vtb"}, name


def test_another_engine_s_values_are_not_guessed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    known_values.cache_clear()
    try:
        assert all(known_values(name) == () for name in _TABLES)
    finally:
        known_values.cache_clear()


def test_no_engine_is_imported() -> None:
    script = "import sys; from vtb_train_vlm.engine_values import known_values; assert known_values('report_to')\n"
    script += "print([name for name in ('torch', 'swift', 'transformers') if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"
