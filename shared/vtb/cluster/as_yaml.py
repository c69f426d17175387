"""Objects as YAML that people read: nothing by reference, lines as lines."""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

# 3e-05 is a word in YAML 1.1, which this library speaks, and a number in YAML 1.2, as Helm and Kubernetes read it.
_NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice out twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Always."""
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Lines as lines, and what would be read as a number in quotes."""
        style = "|" if "\n" in data else "'" if _NUMBER.fullmatch(data) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Plain.add_representer(str, _Plain.represent_str)


def text(made: Any) -> str:
    """An object as YAML, as people read it."""
    return str(yaml.dump(made, Dumper=_Plain, sort_keys=False, width=math.inf))
