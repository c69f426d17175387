"""``vtb render``: everything that is written from the stage declarations."""

from __future__ import annotations

from pathlib import Path

import click

from vtb.cli.on_cluster import site_option, the_site
from vtb.cli.work import settings_option
from vtb.errors import BadInput, UsageProblem
from vtb.stage.options import VtbOption


@click.command()
@click.argument("pipeline", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--store", cls=VtbOption, metavar="URI", help="Where the steps of PIPELINE write: s3://bucket/prefix.")
@site_option
@click.option(
    "--on",
    cls=VtbOption,
    type=click.Choice(["kubernetes", "argo"]),
    default="kubernetes",
    help="Whose objects: the Jobs that our launcher makes, or a Workflow of Argo's.",
)
@settings_option
@click.option("--check", is_flag=True, help="Change nothing; exit 3 when a file is not as it would be written.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The source tree of vtb-train; the current folder when left out.",
)
def render(
    pipeline: Path | None, store: str | None, site: Path | None, on: str, settings: tuple[str, ...], check: bool,
    root: Path,
) -> None:  # fmt: skip
    """Print what `vtb run` would make of PIPELINE on a cluster; without one, write what follows from the stages.

    The objects of the steps stand in the order in which `vtb run` makes them, each when those before it are complete.
    Without PIPELINE the tables in the READMEs, the manifests below k8s/ and the data of the chart are written
    into the source tree.

    Example: vtb render k8s/pipelines/demo.yaml --store s3://bucket/run1 --site site.yaml
    """
    if pipeline is not None:
        if store is None:
            raise UsageProblem("--store is missing: say where the steps would write")
        click.echo(objects(pipeline, store, site, on, settings), nl=False)
        return
    from vtb.render import cluster, overview, tables

    files = tables.rendered(root) | overview.rendered(root) | cluster.rendered(root)
    stale = [(path, text) for path, text in files.items() if _content(path) != text]
    if check and stale:
        raise BadInput(f"out of date: {', '.join(str(path) for path, _ in stale)}: run `vtb render`")
    for path, text in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def objects(file: Path, store: str, site: Path | None, on: str, settings: tuple[str, ...]) -> str:
    """The objects of a pipeline as YAML documents."""
    from vtb.cluster.argo import workflow
    from vtb.cluster.as_yaml import text
    from vtb.cluster.gang import step_objects
    from vtb.pipeline.reading import read_pipeline
    from vtb.pipeline.settings import with_settings

    pipeline, place = with_settings(read_pipeline(file), settings), the_site(site, None, None)
    if on == "argo":
        return text(workflow(pipeline, pipeline.steps, store, place))
    made = [entry for step in pipeline.steps for entry in step_objects(pipeline, step, store, place)]
    return "---\n".join(map(text, made))
