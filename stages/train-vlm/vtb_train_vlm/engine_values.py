"""Values of engine arguments that the engine looks at only after it has loaded the model, or at its first checkpoint.

Its own tables say which there are. They are read from its source, as the names are (``engine_names``); others are told
by the form that the libraries read. Arguments that are checked when they are parsed are the engine's to refuse.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from vtb.did_you_mean import did_you_mean
from vtb.errors import UsageProblem
from vtb_train_vlm.refused import check_value

# Where the table of an argument is: package, file, name; and the values that are in none.
_TABLES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "callbacks": ("swift", "callbacks/mapping.py", "callbacks_map", ()),
    "optimizer": ("swift", "optimizers/mapping.py", "optimizers_map", ()),
    "loss_type": ("swift", "loss/mapping.py", "loss_map", ()),
    "eval_metric": ("swift", "metrics/mapping.py", "eval_metrics_map", ()),
    "agent_template": ("swift", "agent_template/mapping.py", "agent_template_map", ()),
    "loss_scale": ("swift", "loss_scale/mapping.py", "loss_scale_map", ("default", "last_round", "all")),
    "report_to": ("transformers", "integrations/integration_utils.py", "INTEGRATION_TO_CALLBACK", ("none", "all")),
}
_CHAINED = "loss_scale"  # several joined by +
# What fits, and an example. Sizes as huggingface_hub reads them, weights as peft does.
_FORMS = {
    "max_shard_size": (re.compile(r"\s*\d+(\.\d+)?\s*[KMGT]B\s*", re.IGNORECASE), "5GB"),
    "optim_args": (re.compile(r"[^=,]+=[^=,]+(,[^=,]+=[^=,]+)*"), "betas=0.9"),
    "init_weights": (
        re.compile(
            r"true|false|gaussian|olora|mica|loftq|eva|orthogonal|lora[-_]ga|pissa(_niter_\d+)?|corda\w*", re.IGNORECASE
        ),
        "gaussian",
    ),
}
_PLUGINS = ("external_plugins", "custom_register_path")  # by which users add to the tables


def check_values(arguments: Mapping[str, list[str] | None], entry: str = "sft") -> None:
    """Refuse a value that the engine does not know, or that would break what the stage promises.

    Args:
        arguments: words by argument name; None takes an argument away.
        entry: the engine's command; ``rlhf`` has losses of its own.

    Raises:
        UsageProblem: there is such a value.
    """
    plugins = any(arguments.get(name) for name in _PLUGINS)
    for name, values in arguments.items():
        for value in values or ():
            check_value(name, value)
            if not plugins and (entry, name) != ("rlhf", "loss_type"):
                _check_table(name, value)
            _check_form(name, value)


def _check_table(name: str, value: str) -> None:
    known = known_values(name)
    words = value.split("+") if name == _CHAINED else [value]
    wrong = next((word for word in words if known and word not in known), None)
    if wrong is not None:
        hint = did_you_mean(wrong, known) or f": choose one of {', '.join(sorted(known))}"
        raise UsageProblem(f"engine argument --{name} {wrong[:80]}: ms-swift has no such value{hint}")


def _check_form(name: str, value: str) -> None:
    form, example = _FORMS.get(name, (None, ""))
    if form is not None and not form.fullmatch(value):
        raise UsageProblem(f"engine argument --{name} {value[:80]}: is not of its form: give for example {example}")


@functools.cache
def known_values(name: str) -> Collection[str]:
    """The values of an argument that has a table; empty of any other, and where the engine's source is not here."""
    if name not in _TABLES:
        return ()
    package, path, table, more = _TABLES[name]
    spec = importlib.util.find_spec(package)
    file = Path(spec.origin).parent / path if spec is not None and spec.origin else None
    if file is None or not file.is_file():
        return ()
    found = _keys(file, table)
    return {*found, *more} if found else ()


def _keys(file: Path, table: str) -> list[str]:
    """The keys of a dictionary that a module sets."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if table in names:
                return [str(key.value) for key in node.value.keys if isinstance(key, ast.Constant)]
    return []
