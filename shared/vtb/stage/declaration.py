"""What a stage declares about itself; the only place where any of this is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import click

LAST_GROUP = "Configuration and logs"  # where options without a group of ours, such as --help, are shown


@dataclass(frozen=True)
class Resources:
    """What one pod of the stage asks for by default, in the words of Kubernetes; a site file overrides it.

    Attributes:
        cpu: processors; a request, not a limit.
        memory: request and limit.
        gpu: whole GPUs.
        disk: room for temporary files, ``/tmp`` and ``/cache`` together.
        shared_memory: size of ``/dev/shm``; empty where the container runtime's 64 MB do.
    """

    cpu: str = "1"
    memory: str = "2Gi"
    gpu: int = 0
    disk: str = "10Gi"
    shared_memory: str = ""


SERVED = Resources(cpu="1", memory="4Gi")  # a few hundred pictures at a time


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
        needs_input: whether ``--input`` must be given; false where an option can take its place.
        kind_option: the option whose value decides which of several kinds is written, with the kind for each value.
        parallel: ``shards`` when pods may share one output by index, ``single`` when one process does it all.
        resources: the default request of one pod.
        credentials: variables with credentials that it may use, besides the store's, which go wherever it is remote.
        output_argument: whether the output may also be given as an argument, without ``--output``.
        gang: whether several nodes may work on it together under torchrun.
        model_cache: whether it loads models, and so gains from a cache of models that outlives the pod.
        served_by: the option that names a server which has the model, where there is such an option: a step that gives
            it needs no GPU, and ``model`` is a name and no artifact.
        grace_s: seconds between SIGTERM and SIGKILL that it needs to save what it has.
    """

    command: str
    summary: str
    version: int
    image: str
    writes: tuple[str, ...]
    reads: tuple[str, ...] = ()
    many_inputs: bool = False
    needs_input: bool = True
    kind_option: tuple[str, Mapping[str, str]] | None = None
    parallel: Literal["shards", "single"] = "single"
    resources: Resources = Resources()
    credentials: tuple[str, ...] = ()
    output_argument: bool = False
    gang: bool = False
    model_cache: bool = False
    served_by: str = ""
    grace_s: int = 30

    @property
    def name(self) -> str:
        """The name in pipelines: the command without its ``vtb-``."""
        return self.command.removeprefix("vtb-")

    def of_served_model(self) -> Stage:
        """The same stage where a server has the model: it does little but wait."""
        return replace(self, resources=SERVED, model_cache=False)

    def kind_for(self, options: Mapping[str, object]) -> str:
        """The kind that is written with these options; the first where the one that decides is not among them."""
        if self.kind_option is None or self.kind_option[0] not in options:
            return self.writes[0]
        name, kinds = self.kind_option
        return kinds[str(options[name])]

    @property
    def slug(self) -> str:
        """The name where no spaces are allowed: file names, Kubernetes objects."""
        return self.name.replace(" ", "-")


class StageCommand(click.Command):
    """A click command that knows its stage and the class of its options, and shows these in groups."""

    stage: Stage
    options: type[Any]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options under the headings of their groups, in the order in which these first occur."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            shown = param.get_help_record(ctx)
            if shown is not None:
                groups.setdefault(getattr(param, "group", LAST_GROUP), []).append(shown)
        for heading in sorted(groups, key=lambda name: name == LAST_GROUP):
            with formatter.section(heading):
                formatter.write_dl(groups[heading])
