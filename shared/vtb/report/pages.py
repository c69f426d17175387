"""Static HTML pages: no JavaScript, every picture inside the file, so that they open anywhere.

In Argo's UI the pictures show only where its server allows them: ``ARGO_ARTIFACT_CONTENT_SECURITY_POLICY`` must say
``img-src 'self' data:``.
"""

from __future__ import annotations

import base64
import struct
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

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, from the head of the PNG."""
        width, height = struct.unpack(">II", self.png[16:24])
        return width, height


def render(template: str, **values: Any) -> str:
    """Fill one of the templates beside this file; everything is escaped."""
    import jinja2

    loader = jinja2.PackageLoader("vtb.report")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(**values)
