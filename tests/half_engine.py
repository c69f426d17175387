"""Runs one of our engines in half precision on a processor, as on a GPU: ``python half_engine.py MODULE JOB``."""

from __future__ import annotations

import runpy
import sys

from vtb.engine import own_model

if __name__ == "__main__":
    own_model.half_precision = lambda device: True
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
