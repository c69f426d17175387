"""Manifests, plans and sidecars that somebody or something has changed: read, or told in one line."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtb.artifact import FileEntry, InputEntry, Manifest, Plan, ShardEntry
from vtb.artifact.manifest import canonical_hash, json_bytes, plan_json
from vtb.artifact.output import Output, State
from vtb.artifact.parsing import parse_manifest, parse_plan
from vtb.cli.show import show
from vtb.errors import BadInput, VtbError
from vtb.store import open_store

PLAN = Plan("puzzles", "vtb-x", 1, {"seed": 1, "size": [7, 9]}, (InputEntry("/gone", "puzzles", "d" * 64),))
SHARD = ShardEntry("shards/00000.tar", 1, 4, "a" * 64, "train", (FileEntry("m/a.png", 3, "b" * 64),), {"n": {"x": 1}})
RUN = {"id": "r", "vtb": "1", "tools": {"python": "3"}, "started": "now", "duration_s": 1.5, "git": None, "image": None}
MANIFEST = Manifest(PLAN, (SHARD,), (FileEntry("README.md", 3, "c" * 64),), {"rows": {"train": 1}}, RUN)

SURROGATE = "\ud800"
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.sampled_from([10**400, -1, 2**63, 1e308, SURROGATE, "\0", "../x", "/x", "", [], {}, [[]], {"": 1}, [SURROGATE]]),
    st.recursive(st.none(), lambda inner: st.lists(inner, min_size=1, max_size=2), max_leaves=4),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in nested values."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, below in inner for place in places(below, (*path, key)))]


def changed(content: bytes, data: st.DataObject) -> bytes:
    """JSON with one to three places changed, renamed or removed."""
    whole = {"": json.loads(content)}
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(whole)[1:]))
        holder: Any = whole
        for key in place[:-1]:
            holder = holder[key]
        if data.draw(st.booleans()) or place == ("",):
            holder[place[-1]] = copy.deepcopy(data.draw(ODD))  # an empty list put into itself would have no end
        else:
            del holder[place[-1]]
    return json.dumps(whole[""]).encode()


FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(st.data())
def test_show_of_a_changed_manifest(tmp_path: Path, data: st.DataObject) -> None:
    store = open_store(str(tmp_path))
    for name in ("shards/00000.tar", "README.md"):
        store.put_bytes(name, b"abc")
    store.put_bytes("manifest.json", changed(MANIFEST.to_json(), data))
    for options in ([], ["--verify"], ["--json"]):
        error = CliRunner().invoke(show, [str(tmp_path), *options]).exception
        assert error is None or isinstance(error, (VtbError, SystemExit)), repr(error)
        assert "\n" not in str(error)


@FUZZ
@given(st.data())
def test_a_changed_plan_is_read_or_told(tmp_path: Path, data: st.DataObject) -> None:
    """Work goes on only where the plan still means the same; everything else is refused in one line, and stays."""
    found = changed(plan_json(PLAN), data)
    (tmp_path / "plan.json").write_bytes(found)
    try:
        state = Output(str(tmp_path), PLAN).begin()
    except BadInput as error:
        assert str(error).startswith(f"{tmp_path}: ")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert state is State.UNFINISHED
        assert parse_plan(found).fingerprint == PLAN.fingerprint
    assert (tmp_path / "plan.json").read_bytes() == found


@FUZZ
@given(st.data())
def test_a_shard_whose_sidecar_was_changed_is_made_again(tmp_path: Path, data: st.DataObject) -> None:
    output = Output(str(tmp_path), PLAN)
    output.begin(overwrite=True)
    output.store.put_bytes(SHARD.path, b"abcd")
    output.add_shard(SHARD)
    sidecar = tmp_path / (SHARD.path + ".done.json")
    before = sidecar.read_bytes()
    sidecar.write_bytes(changed(before, data))
    if json.loads(sidecar.read_bytes()) == json.loads(before):
        return
    assert output.done([SHARD.path]) == {}


@pytest.mark.parametrize("figure", ["1", "7"])
def test_edited_figures_of_a_sidecar(tmp_path: Path, figure: str) -> None:
    output = Output(str(tmp_path), PLAN)
    output.begin()
    output.store.put_bytes(SHARD.path, b"abcd")
    output.add_shard(SHARD)
    sidecar = tmp_path / (SHARD.path + ".done.json")
    sidecar.write_text(sidecar.read_text().replace('"x": 1', f'"x": {figure}'))
    assert len(Output(str(tmp_path), PLAN).done([SHARD.path])) == (figure == "1")


@pytest.mark.parametrize(
    "change",
    [
        {"run": {"tools": "x"}}, {"run": {"tools": ["x"]}}, {"run": {"tools": None}}, {"metrics": {"x": "\ud800"}},
        {"config": {"\udfff": 1}}, {"stage_version": 1.5}, {"stage_version": True}, {"files": [{"path": "a\ud800"}]},
    ],
)  # fmt: skip
def test_damage_is_found_on_reading(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"manifest\.json is damaged"):
        parse_manifest(json.dumps({**json.loads(MANIFEST.to_json()), **change}).encode(), "/here")


@pytest.mark.parametrize("number", ["9" * 5000, str(2**60), "-1", "1e3", "1.0"])
def test_a_number_that_no_file_has(number: str) -> None:
    raw = MANIFEST.to_json().replace(b'"bytes": 3', f'"bytes": {number}'.encode())
    with pytest.raises(BadInput, match=r"manifest\.json is damaged"):
        parse_manifest(raw, "/here")


def test_values_nested_beyond_reason() -> None:
    raw = MANIFEST.to_json().replace(b'"metrics": {', b'"metrics": {"x": ' + b"[" * 400 + b"]" * 400 + b",")
    with pytest.raises(BadInput, match="nested more than 50 deep"):
        parse_manifest(raw, "/here")


def test_the_lineage_of_a_manifest_that_names_itself_ends(tmp_path: Path) -> None:
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    for here, there in ((a, b), (b, a)):
        inputs = tuple(InputEntry(uri, "puzzles", str(n)) for n, uri in enumerate([here, there] * 3))
        manifest = Manifest(Plan("puzzles", "vtb-x", 1, {}, inputs), (), (), {}, RUN)
        open_store(here).put_bytes("manifest.json", manifest.to_json())
    lines = CliRunner().invoke(show, [a]).output.splitlines()
    assert sum("from " in line for line in lines) == 18
    assert sum("as above" in line for line in lines) == 16


def test_figures_that_json_has_no_word_for(tmp_path: Path) -> None:
    output = Output(str(tmp_path), PLAN)
    output.begin()
    output.commit([], [], {"loss": float("nan")})
    assert parse_manifest((tmp_path / "manifest.json").read_bytes(), "/here").metrics == {"loss": "NaN"}


def test_a_configuration_that_looks_like_the_shards() -> None:
    """The shards are put into the text of the rest, which may hold anything."""
    for text in ('"shards": []', '"shards":[]', "shards"):
        plan = Plan("puzzles", "vtb-x", 1, {"shards": [], text: text})
        for shards in ((), (SHARD,), (SHARD, SHARD)):
            manifest = Manifest(plan, shards, (), {"shards": []}, {"shards": []})
            whole = {**manifest.body(), "digest": canonical_hash(manifest.body()), "run": {"shards": []}}
            assert manifest.to_json() == json_bytes(whole)
            assert parse_manifest(manifest.to_json(), "/here").digest == manifest.digest


@pytest.mark.parametrize("text", ['"seed": 1', '"bytes": 4', '"split": "train"', '"x": 1'])
def test_an_edited_manifest_is_no_input(text: str) -> None:
    """What was made from it would name a content that nobody has: a flipped bit on the way is enough."""
    content = Manifest(PLAN, (SHARD,), (), {"x": 1}, RUN)
    raw = content.to_json().decode()
    assert parse_manifest(raw.encode(), "/here").digest == content.digest
    assert text in raw
    with pytest.raises(BadInput, match="its digest is not that of its content"):
        parse_manifest(
            raw.replace(text, text.translate({ord("1"): "3", ord("4"): "5", ord("n"): "m"})).encode(), "/here"
        )
