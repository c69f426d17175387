"""The console script; apart from the command, so that signals are heard before anything heavy is imported."""

from functools import partial

from vtb.program import start

train_video = partial(start, "vtb_train_video.cli:main")
