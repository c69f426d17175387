"""Pages in a real headless Chromium: what it measures of them, and what it paints."""

from __future__ import annotations

import base64
import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from vtb.media.image import Image, decode_image

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--force-device-scale-factor=1")  # fmt: skip
# The pages themselves run nothing; this is added to a copy.
PROBE = """<script>addEventListener("load", () => {
  const box = (e) => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const found = {
    width: innerWidth, scroll_width: document.documentElement.scrollWidth,
    images: [...document.images].map((e) => ({natural: [e.naturalWidth, e.naturalHeight], box: box(e)})),
    bars: [...document.querySelectorAll("svg rect")].map(box),
    texts: [...document.querySelectorAll("h1, h2, h3, h4, p, figcaption, td, th, svg text")]
      .filter((e) => !e.closest(".wide") && e.checkVisibility()).map(box),  // wide tables scroll on their own
  };
  parent.postMessage(JSON.stringify(found), "*");
});</script>"""
# Windows have a least width, frames have none.
FRAME = """<body style="margin: 0"><iframe src="page.html" style="border: 0" width="{width}" height="1200"></iframe>
<script>addEventListener("message", (e) => {{ document.body.innerHTML = "<pre>" + e.data + "</pre>"; }});</script>"""


@dataclass(frozen=True)
class Measured:
    """What the browser says of a page; a box is left, top, right, bottom in pixels of the window."""

    width: int
    scroll_width: int
    images: list[dict[str, list[float]]]
    bars: list[list[float]]
    texts: list[list[float]]


@functools.cache
def measure(page: Path, width: int) -> Measured:
    """Open a page in a window of some width."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "page.html"
        copy.write_text(page.read_text().replace("</body>", f"{PROBE}</body>"))
        frame = Path(folder) / "frame.html"
        frame.write_text(FRAME.format(width=width))
        dom = _chromium("--dump-dom", "--virtual-time-budget=10000", "--window-size=1600,1200", frame.as_uri())
    (found,) = re.findall(r"<pre>(.*)</pre>", dom, re.S)
    return Measured(**json.loads(found))


def screenshot(page: Path, width: int, height: int, *, dark: bool = False) -> Image:
    """The top of a page as it is painted, for a reader whose system is light or dark."""
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        _chromium(scheme, f"--screenshot={picture}", f"--window-size={width},{height}", page.as_uri())
        return decode_image(picture.read_bytes())


def pictures(page: Path) -> list[Image]:
    """The pictures inside a page, in their order."""
    return [
        decode_image(base64.b64decode(data)) for data in re.findall(r"data:image/png;base64,([^\"]+)", page.read_text())
    ]


def painted(shot: Image, box: list[float]) -> Image:
    """The part of a screenshot inside a box, without its border."""
    left, top, right, bottom = (round(side) for side in box)
    return np.asarray(shot[top + 1 : bottom - 1, left + 1 : right - 1])


def _chromium(*arguments: str) -> str:
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("VTB_REQUIRE_BROWSER") == "1":
            pytest.fail("VTB_REQUIRE_BROWSER=1, but there is no chromium")
        pytest.skip("there is no chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        line = [program, *FLAGS, f"--user-data-dir={profile}", *arguments]
        return subprocess.run(line, capture_output=True, text=True, timeout=120, check=True).stdout
