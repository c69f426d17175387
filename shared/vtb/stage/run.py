"""One call of a stage: from the common options to a committed artifact."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import click

from vtb.artifact import InputEntry, Manifest, Plan, read_manifest
from vtb.artifact.clearing import clearing_was_broken_off
from vtb.artifact.output import Output, State
from vtb.errors import TryAgain, UsageProblem
from vtb.signals import Stopped
from vtb.stage.declaration import Stage
from vtb.stage.executor import Finish, Maker, Task, finish, make_missing, wait_note
from vtb.stage.fields import StageOptions, recorded_config
from vtb.stage.sharding import ShardRange
from vtb.store import is_remote, open_store

log = logging.getLogger("vtb.run")
T = TypeVar("T")


@dataclass
class Run:
    """One call of a stage: what the common options said."""

    stage: Stage
    inputs: tuple[str, ...]
    output_uri: str
    seed: int
    workers: int
    part: ShardRange
    overwrite: bool
    dry_run: bool

    def plan(self, options: StageOptions, inputs: Sequence[InputEntry] = ()) -> Plan:
        """What this run makes: by its options, from inputs whose content is pinned."""
        config = recorded_config(self.seed, options)
        kind = self.stage.kind_for(config)
        return Plan(kind, self.stage.command, self.stage.version, config, tuple(inputs))

    def already_done(self, plan: Plan) -> bool:
        """Whether nothing is left to do (which it says): asked before anything large is fetched."""
        if self.overwrite or self.dry_run:
            return False
        output = self.output_of(plan)
        if clearing_was_broken_off(output.store) or output.state() is not State.COMPLETE:
            return False
        return self.begin(plan) is None

    def begin(self, plan: Plan) -> Output | None:
        """The output to write to, or None when the work is already done (which it says)."""
        output = self.output_of(plan)
        if output.begin(overwrite=self.overwrite, alone=self.part.whole) is State.COMPLETE:
            manifest = read_manifest(output.uri)
            log.info("already complete: %s (%s, digest %.12s)", output.uri, _amount(manifest), manifest.digest)
            click.echo(output.uri)
            return None
        return output

    @contextmanager
    def withdrawing(self, output: Output) -> Iterator[None]:
        """A run that fails before its first shard is done leaves nothing, so that other options can be tried there.

        One that was stopped, or met trouble that may pass, or does a part, is left: another may go on with it already.
        """
        try:
            yield
        except (TryAgain, Stopped):
            raise
        except BaseException:
            if self.part.whole:
                output.withdraw()
            raise

    def output_of(self, plan: Plan) -> Output:
        """The output, untouched; a usage problem where it and an input lie in each other: writing would harm both."""
        output = Output(self.output_uri, plan)
        place = _real(output.uri)
        for entry in plan.inputs:
            source = _real(entry.uri)
            if f"{place}/".startswith(f"{source}/") or f"{source}/".startswith(f"{place}/"):
                raise UsageProblem(
                    f"--output {self.output_uri}: is, holds or lies in the input {entry.uri}: take another"
                )
        return output

    def say_plan(self, plan: Plan, what: str, part: range | None = None) -> None:
        """The answer to ``--dry-run``: what would be read and written, and what lies at the output now."""
        output = self.output_of(plan)
        if self.overwrite:
            output.holds_artifact()  # refuses somebody's folder, as the real run would
        state = State.FRESH if self.overwrite else output.state()
        for entry in plan.inputs:
            click.echo(f"read   {entry.uri} ({entry.kind}, digest {entry.digest:.12})")
        click.echo(f"write  {output.uri} ({plan.kind}): {what}")
        if part is not None and not self.part.whole:
            click.echo(f"part   {self.part.index} of {self.part.count}: shards {part.start} to {part.stop - 1}")
        click.echo(f"state  {state.value}; configuration {plan.fingerprint:.12}; nothing was written (dry run)")

    def make_shards(
        self, plan: Plan, tasks: Sequence[Task[T]], make: Maker[T], close: Callable[[Output], Finish], *,
        what: str, summary: str, workers: int | None = None,
    ) -> Manifest | None:  # fmt: skip
        """The whole life of a sharded artifact: dry run, begin, make what is missing, finish, last word.

        Args:
            plan: what is made.
            tasks: its shards.
            make: makes the bytes of one shard; pure, so that any process may do it.
            close: gives the function that writes the files about the whole.
            what: name of the rows, for the progress line.
            summary: what would be written, for the dry run.
            workers: processes, if not those of ``--workers``.

        Returns:
            The manifest, or None when nothing was committed here (dry run, already complete, other parts missing).
        """
        if self.dry_run:
            self.say_plan(plan, f"{summary} in {len(tasks)} shards", self.part.of(len(tasks)))
            return None
        output = self.begin(plan)
        if output is None:
            return None
        with self.withdrawing(output):
            whole = make_missing(output, tasks, make, part=self.part, workers=workers or self.workers, what=what)
        if not whole:
            log.info(wait_note(output, tasks))
            return None
        manifest = finish(output, tasks, close(output))
        self.say_done(output, manifest)
        return manifest

    def say_done(self, output: Output, manifest: Manifest) -> None:
        """The last word of a run: the place on standard output, for scripts; the rest is a log line."""
        seconds = manifest.run["duration_s"]
        log.info("complete: %s in %.1f s, digest %.12s", _amount(manifest), seconds, manifest.digest)
        click.echo(output.uri)


def _amount(manifest: Manifest) -> str:
    """How much an artifact holds; a model has no rows."""
    return f"{manifest.rows} rows" if manifest.shards else f"{len(manifest.files)} files"


def _real(uri: str) -> str:
    """A place without symbolic links in it, for comparison."""
    return uri.rstrip("/") if is_remote(uri) else os.path.realpath(uri)


def input_entry(uri: str, kinds: tuple[str, ...]) -> InputEntry:
    """One input as the manifest records it."""
    return entry_of(uri, read_manifest(uri, kinds))


def entry_of(uri: str, manifest: Manifest) -> InputEntry:
    """An artifact whose manifest has been read, as the manifest of what is made from it records it."""
    return InputEntry(open_store(uri).uri, manifest.plan.kind, manifest.digest)
