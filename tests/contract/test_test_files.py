"""What pytest asks of the files of the tests, and tells only where two of them meet in one process."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_no_two_files_have_one_name() -> None:
    names = Counter(path.name for path in TESTS.rglob("test_*.py"))
    assert len(names) > 300
    assert [name for name, count in names.items() if count > 1] == []
