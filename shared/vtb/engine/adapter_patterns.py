"""Patterns in an adapter's configuration, tried in bounded time before PEFT does it in unbounded time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vtb.artifact.model_folder import read_json
from vtb.engine.time_limit import time_limit
from vtb.errors import BadInput

LIMIT_S = 10.0
_PATTERNS = ("target_modules", "exclude_modules", "modules_to_save", "layers_pattern", "rank_pattern", "alpha_pattern")
# The ways in which PEFT asks whether a pattern names a module.
_FORMS = ("{}$", r"(.*\.)?({})$", r"(^|.*\.){}($|\..*)")


def check_patterns(adapter: Path, modules: Iterable[str]) -> None:
    """Try every pattern on every module's name, with the expressions that PEFT makes of it.

    Must be called from the main thread, whose matching a timer can end.

    Raises:
        BadInput: a pattern is none, or takes longer than ``LIMIT_S`` seconds.
    """
    config = read_json(adapter / "adapter_config.json")
    patterns = [pattern for name in _PATTERNS for pattern in _texts(config.get(name))]
    names = list(modules)
    try:
        with time_limit(LIMIT_S):
            for form in (form.replace("{}", pattern) for pattern in patterns for form in _FORMS):
                expression = re.compile(form)
                for name in names:
                    expression.match(name)
    except TimeoutError as error:
        raise BadInput(f"{adapter}: a pattern for its modules takes too long to match: name the modules") from error
    except (re.error, RecursionError, OverflowError) as error:
        raise BadInput(f"{adapter}: a pattern for its modules is none ({error}): name the modules") from error


def _texts(value: Any) -> list[str]:
    """The texts of a pattern, of a list of them, or of a mapping from them."""
    values = [value] if isinstance(value, str) else value if isinstance(value, (list, dict)) else []
    return [text for text in values if isinstance(text, str)]
