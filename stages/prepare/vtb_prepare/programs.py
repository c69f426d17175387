"""The console script; apart from the command, so that signals are heard before anything heavy is imported."""

from functools import partial

from vtb.program import start

prepare = partial(start, "vtb_prepare.cli:main")
