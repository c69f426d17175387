"""What a stage declares about itself; the only place where any of this is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import click


@dataclass(frozen=True)
class Resources:
    """What one pod of the stage asks for by default; a site overrides it in the chart."""

    cpu: str = "1"
    memory: str = "2Gi"
    gpu: int = 0


@dataclass(frozen=True)
class Stage:
    """The contract of one command.

    Attributes:
        command: the words a user types, for example ``vtb-prepare vlm``.
        summary: one sentence.
        version: raised when the same inputs and options give other bytes than before.
        image: the image that holds the command, without the registry.
        reads: kinds of artifacts it takes with ``--input``; empty for a generator.
        writes: kind of the artifact it writes; further kinds when an option decides which.
        many_inputs: whether ``--input`` may be repeated.
        artifact_options: further options that take an artifact, with its kinds (``--model``: checkpoint).
        parallel: ``shards`` when pods may share one output by index, ``single`` when one process does it all.
        resources: the default request of one pod.
        credentials: variables with credentials that it may use, besides the store's, which go wherever it is remote.
        output_argument: whether the output may also be given as an argument, without ``--output``.
    """

    command: str
    summary: str
    version: int
    image: str
    writes: tuple[str, ...]
    reads: tuple[str, ...] = ()
    many_inputs: bool = False
    artifact_options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parallel: Literal["shards", "single"] = "single"
    resources: Resources = Resources()
    credentials: tuple[str, ...] = ()
    output_argument: bool = False

    @property
    def name(self) -> str:
        """The name in pipelines: the command without its ``vtb-``."""
        return self.command.removeprefix("vtb-")

    @property
    def slug(self) -> str:
        """The name where no spaces are allowed: file names, Kubernetes objects."""
        return self.name.replace(" ", "-")


class StageCommand(click.Command):
    """A click command that knows its stage."""

    stage: Stage
