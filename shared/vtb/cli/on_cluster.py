"""What the commands that talk to a cluster have in common: their options, and the site and API that these mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from vtb.cluster.api import Api, connect
from vtb.cluster.site import Site
from vtb.cluster.site_file import read_site
from vtb.errors import UsageProblem
from vtb.stage.options import VtbOption

Body = TypeVar("Body", bound=Callable[..., Any])
CLUSTER = "On a cluster"
site_option = click.option(
    "--site",
    cls=VtbOption,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The site file: registry, secrets, resources and whatever else belongs to the cluster.",
)
_OPTIONS = (
    site_option,
    click.option("--context", cls=VtbOption, help="Context of the kubeconfig; the current one when left out."),
    click.option(
        "--namespace", cls=VtbOption, help="Namespace; that of the site file or of the context when left out."
    ),
    click.option("--release", cls=VtbOption, help="What the objects' names begin with; the site file's when left out."),
)


def cluster_options(body: Body) -> Body:
    """Add the options that say which cluster, where in it, and by what rules."""
    for option in reversed(_OPTIONS):
        body = option(body)
    return body


def the_site(site: Path | None, namespace: str | None, release: str | None) -> Site:
    """The site file with what the command line says besides."""
    found = read_site(site)
    given = {name: value for name, value in (("namespace", namespace), ("release", release)) if value}
    try:
        return msgspec.convert(msgspec.to_builtins(found) | given, Site)
    except msgspec.ValidationError as error:
        raise UsageProblem(f"--release {release}: lower-case letters, digits and dashes only") from error


def the_cluster(site: Site, context: str | None) -> Api:
    """The API of the namespace of a site."""
    return connect(site.namespace, context)
