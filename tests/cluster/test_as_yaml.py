"""Words stay words, whoever reads the YAML."""

from __future__ import annotations

import pytest
import yaml

from vtb.cluster.as_yaml import text


@pytest.mark.parametrize("word", ["3e-05", "1E5", "-2.e+3", ".5e1", "0.5", "12"])
def test_a_word_that_some_reader_takes_for_a_number_is_quoted(word: str) -> None:
    assert text({"args": [word]}) == f"args:\n- '{word}'\n"


@pytest.mark.parametrize("word", ["1e", "e5", "1.2.3", "8Gi", "--count"])
def test_other_words_are_plain(word: str) -> None:
    assert text([word]) == f"- {word}\n"
    assert yaml.safe_load(text([word])) == [word]
