"""Run the measurements: all of them, or those named on the command line.

Figures are for one core unless they say otherwise, on a machine that does nothing else. A line with a ``target`` has
``ok``; the command ends with 1 when one is missed, so that a person notices, and no test depends on it.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys

import perf


def main(names: list[str]) -> int:
    """Print every figure; says how many targets were missed."""
    known = [module.name for module in pkgutil.iter_modules(perf.__path__) if module.name != "__main__"]
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"perf: no measurement {unknown[0]!r}: choose from {', '.join(known)}", file=sys.stderr)
        return 2
    missed = 0
    for name in names or known:
        for figure in importlib.import_module(f"perf.{name}").run():
            if "target" in figure:
                below = figure.get("better") == "less"
                figure["ok"] = figure["value"] <= figure["target"] if below else figure["value"] >= figure["target"]
                missed += not figure["ok"]
            print(json.dumps(figure), flush=True)
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
