"""Static HTML pages: no JavaScript, every picture inside the file, so that they open anywhere (Argo's UI too)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Picture:
    """A picture for a page: caption and PNG bytes."""

    caption: str
    png: bytes

    @property
    def data_uri(self) -> str:
        """The picture as the value of an ``src`` attribute."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


@dataclass(frozen=True)
class PreviewSample:
    """One sample of a dataset as the preview shows it; the prompts by kind of model."""

    key: str
    prompts: Mapping[str, str]
    answer: str
    difficulty: Mapping[str, float]
    pictures: Sequence[Picture]


def preview_page(title: str, samples: Sequence[PreviewSample]) -> str:
    """A page with the first samples of a dataset."""
    return render("preview.html", title=title, samples=samples)


def render(template: str, **values: Any) -> str:
    """Fill one of the templates beside this file; everything is escaped."""
    import jinja2

    loader = jinja2.PackageLoader("vtb.report")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(**values)
