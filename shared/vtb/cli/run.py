"""``vtb run``: a pipeline file on a launcher."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from vtb import log as vtb_log
from vtb.cli.on_cluster import cluster_options
from vtb.cli.work import Work, refuse, settings_option
from vtb.did_you_mean import did_you_mean
from vtb.errors import TryAgain, UsageProblem
from vtb.launch import local
from vtb.launch.preflight import TryStep, find_problems
from vtb.pipeline.reading import read_pipeline
from vtb.pipeline.settings import with_settings
from vtb.pipeline.step import Pipeline, Step
from vtb.stage.options import VtbOption
from vtb.store import is_remote, join_uri, open_store

log = logging.getLogger("vtb.run")
RunStep = Callable[[Step, str], int]
GO_ON = (TryAgain.exit_code, 130)
CLUSTERS = ("kubernetes", "argo")
FOR_CLUSTERS = ("site", "context", "namespace", "release", "detach")


@click.command()
@click.argument("pipeline", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--on",
    cls=VtbOption,
    type=click.Choice(["local", "docker", *CLUSTERS]),
    default="local",
    help="Where to run: processes of this machine, its Docker engine, or a cluster.",
)
@click.option(
    "--store",
    cls=VtbOption,
    required=True,
    metavar="URI",
    help="Where the steps write, each below its own name: a folder or s3://bucket/prefix.",
)
@settings_option
@click.option("--only", cls=VtbOption, multiple=True, metavar="STEP", help="Run only these steps. May be repeated.")
@click.option("--tag", cls=VtbOption, help="Tag of the images; the version of vtb-train when left out.")
@click.option("--registry", cls=VtbOption, help="Registry of the images; those on this machine when left out.")
@click.option(
    "--dry-run",
    cls=VtbOption,
    is_flag=True,
    help="Print the commands of the steps, check all that can be checked, and leave.",
)
@click.option(
    "--log-format",
    cls=VtbOption,
    type=click.Choice(vtb_log.FORMATS),
    default="text",
    help="Form of the log lines on standard error.",
)
@click.option(
    "--detach",
    cls=VtbOption,
    is_flag=True,
    help="On a cluster: leave a launcher there that goes on by itself, and return. `vtb status` tells how it is.",
)
@cluster_options
def run(
    pipeline: Path, on: str, store: str, settings: tuple[str, ...], only: tuple[str, ...], tag: str | None,
    registry: str | None, dry_run: bool, log_format: str, detach: bool, site: Path | None, context: str | None,
    namespace: str | None, release: str | None,
) -> int:  # fmt: skip
    """Run the steps of a pipeline file, each after those it reads from.

    Each step writes an artifact to STORE/<step>. A step that is complete already is skipped by itself, so the same
    command continues a pipeline that was cut off. The first step that fails ends the run with its exit code. Before
    the first step starts, every step is asked whether it would take its options, and models, images and store are
    looked at.

    Example: vtb run k8s/pipelines/demo.yaml --on local --store s3://bucket/demo
    """
    vtb_log.configure(log_format)
    plan = with_settings(read_pipeline(pipeline), settings)
    store = store if is_remote(store) else open_store(store).uri
    work = Work(pipeline, plan, tuple(choose(plan, only)), store, settings, only)
    if dry_run:
        for step in work.steps:
            click.echo(shlex.join([step.installed.stage.command.split()[0], *step.arguments(store)]))
    if on in CLUSTERS:
        from vtb.cli.run_on_cluster import Where, run_there

        return run_there(work, Where(on, site, context, namespace, release, tag, registry), detach, dry_run)
    refuse_cluster_options(on)
    run_step, try_step = launcher(on, tag, registry)
    refuse(find_problems(work.steps, store, try_step, write=not dry_run))
    return 0 if dry_run else run_all(work.steps, store, run_step)


def refuse_cluster_options(on: str) -> None:
    """Options that would be passed over without a word."""
    context = click.get_current_context()
    for name in FOR_CLUSTERS:
        if context.params[name] and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise UsageProblem(f"--{name} is for clusters, not for --on {on}: add --on kubernetes")


def choose(pipeline: Pipeline, only: tuple[str, ...]) -> list[Step]:
    """All steps, or the named ones."""
    names = [step.name for step in pipeline.steps]
    for name in only:
        if name not in names:
            hint = did_you_mean(name, names) or f", only {', '.join(names)}"
            raise UsageProblem(f"--only {name}: the pipeline has no such step{hint}")
    return [step for step in pipeline.steps if not only or step.name in only]


def launcher(on: str, tag: str | None, registry: str | None) -> tuple[RunStep, TryStep]:
    """The functions that run one step and that try it without writing."""
    if on == "local":
        return local.run_step, local.try_step
    from vtb.launch.docker import DockerLauncher

    docker = DockerLauncher(tag, registry)
    return docker.run_step, docker.try_step


def run_all(steps: Sequence[Step], store: str, run_step: RunStep) -> int:
    """Run the steps; the first that fails ends the run with its exit code."""
    for number, step in enumerate(steps, 1):
        log.info("step %d of %d: %s (%s)", number, len(steps), step.name, step.stage)
        code = run_step(step, store)
        if code != 0:
            advice = (
                "run the same command again to continue" if code in GO_ON else "fix it and run the same command again"
            )
            log.error("step %s ended with exit code %d; %s", step.name, code, advice)
            return code if code > 0 else 128 - code
    log.info("all steps are complete below %s", store)
    click.echo(join_uri(store, steps[-1].name))
    return 0
