"""The READMEs name every field of the files with verdicts."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from vtb_curate.verdicts import Verdict
from vtb_eval.result import Result

STAGES = Path(__file__).parents[2] / "stages"


@pytest.mark.parametrize(("stage", "verdict"), [("eval", Result), ("curate", Verdict)])
def test_every_field_is_explained(stage: str, verdict: Any) -> None:
    tables = (STAGES / stage / "README.md").read_text().split("| field | what it is |")[1:]
    named = {name for table in tables for row in re.findall(r"^\| (`.*?) \|", table, re.M)
             for name in re.findall(r"`(\w+)`", row)}  # fmt: skip
    assert {field.name for field in dataclasses.fields(verdict)} <= named
