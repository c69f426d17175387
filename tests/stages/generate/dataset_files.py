"""What lies in a generated dataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vtb.formats.webdataset import Sample, read_tar


def samples(folder: Path) -> list[Sample]:
    return [sample for path in sorted(folder.glob("shards/*.tar")) for sample in read_tar(path.read_bytes())]


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(sample.parts["json"]) for sample in samples(folder)]
