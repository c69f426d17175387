"""Reading YAML that people wrote: every way in which it can be wrong is one kind of error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class UnreadableYaml(Exception):
    """The text is no YAML that can be used; the message says why in one line."""


def load_yaml(path: Path) -> Any:
    """The content of a file; ``UnreadableYaml`` when it cannot be read."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableYaml(error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise UnreadableYaml("it is not UTF-8") from error


def parse_yaml(text: str) -> Any:
    """A value from YAML text, with plain types only."""
    try:
        return yaml.safe_load(text)
    except RecursionError as error:
        raise UnreadableYaml("it is nested too deeply") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: an impossible date, a number with thousands of digits
        raise UnreadableYaml(" ".join(str(error).split())[:300]) from error
