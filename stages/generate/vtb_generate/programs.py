"""The console scripts; apart from the commands, so that signals are heard before anything heavy is imported."""

from functools import partial

from vtb.program import start

maze = partial(start, "vtb_generate.maze:main")
eyeballing = partial(start, "vtb_generate.eyeballing:main")
visual = partial(start, "vtb_generate.visual:main")
arc = partial(start, "vtb_generate.arc:main")
rooms = partial(start, "vtb_generate.rooms:main")
dynamic = partial(start, "vtb_generate.dynamic:main")
