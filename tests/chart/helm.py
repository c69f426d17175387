"""The chart, rendered by Helm's own engine, for the tests of it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import helm_python
import yaml

import kubernetes_objects

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "vtb-train"
CI = {path.name.removesuffix("-values.yaml"): path for path in sorted((CHART / "ci").glob("*-values.yaml"))}
RELEASE, NAMESPACE = "vtb-train", "research"
Object = dict[str, Any]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # several times faster, where PyYAML was built with it


def ci_values(name: str) -> dict[str, Any]:
    """One of the values files that the chart brings as examples."""
    values: dict[str, Any] = yaml.safe_load(CI[name].read_text(encoding="utf-8"))
    return values


@functools.cache
def loaded(folder: Path = CHART) -> helm_python.Chart:
    """The chart, or a changed copy of it."""
    return helm_python.Chart.load(folder)


def render(
    values: Mapping[str, Any], *, folder: Path = CHART, name: str = RELEASE, upgrade: bool = False
) -> list[Object]:
    """Every object of a release."""
    files = loaded(folder).render(
        dict(values), name=name, namespace=NAMESPACE, is_install=not upgrade, is_upgrade=upgrade
    )
    texts = [text for path, text in files.items() if path.endswith(".yaml")]
    return [made for text in texts for made in yaml.load_all(text, LOADER) if made]


def notes(values: Mapping[str, Any]) -> str:
    """What Helm prints after an installation."""
    return loaded().render(dict(values), name=RELEASE, namespace=NAMESPACE)["vtb-train/templates/NOTES.txt"]


def one(objects: list[Object], kind: str, end: str = "") -> Object:
    """The object of a kind whose name ends so."""
    (found,) = [made for made in objects if made["kind"] == kind and made["metadata"]["name"].endswith(end)]
    return found


def manifests(made: Object) -> Iterator[Object]:
    """The objects that a WorkflowTemplate creates."""
    for template in made["spec"]["templates"]:
        if "resource" in template:
            yield yaml.load(as_yaml(template["resource"]["manifest"]), LOADER)


def as_yaml(manifest: str) -> str:
    """A manifest with Argo's parameters as plain words."""
    return manifest.replace("{{", "<<").replace("}}", ">>")


def pods(value: Any) -> Iterator[Object]:
    """Every pod specification in an object of the chart's."""
    return kubernetes_objects.pods(value, "serviceAccountName")
