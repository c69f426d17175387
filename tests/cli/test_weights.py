"""``vtb weights list`` and ``check``: what there is, and what a folder lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cli.local_hub import check, fetch
from contract.command_line import run
from tiny_perception import tiny_detector, tiny_orienter, tiny_tracker
from vtb.artifact.output import file_sha256
from vtb.perception import weight_folder
from vtb.perception.published import WEIGHTS, licenses


def test_the_list_tells_terms_sources_and_what_needs_them() -> None:
    done = run("vtb", "weights", "list")
    assert (done.code, done.err) == (0, "")
    for one in WEIGHTS.values():
        assert one.name in done.out
        assert one.repository in done.out
    assert "CC BY-NC 4.0, non-commercial use alone" in done.out
    assert "head.safetensors (SHA-256 unknown)" in done.out


def test_the_page_says_the_same() -> None:
    page = " ".join((Path(__file__).parents[2] / "docs" / "perception.md").read_text().replace("**", "").split())
    for one in WEIGHTS.values():
        assert f"weights/{one.name}/ {' '.join(one.files)}" in page
        row = page[page.index(f"| `{one.name}` |") :]
        assert one.license in row.split("|")[3]
        assert ("non-commercial" in row.split("|")[3]) == (not one.commercial)


def test_the_terms_of_what_is_used_can_be_carried_along() -> None:
    assert licenses()["pi3"] == "CC BY-NC 4.0, non-commercial use alone"
    assert licenses(["sam2.1-hiera-large"]) == {"sam2.1-hiera-large": "Apache-2.0"}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = run("vtb", "weights", "check", tmp_path / "none")
    assert (done.code, done.out, len(done.error_lines)) == (4, "", 1)
    assert f"{tmp_path / 'none'}: no such folder" in done.err


def test_an_empty_folder_lacks_everything(tmp_path: Path) -> None:
    done = run("vtb", "weights", "check", tmp_path)
    assert done.code == 4
    assert done.out.count("missing") == len(WEIGHTS)
    assert f"vtb weights fetch pi3 --to {tmp_path}" in done.out
    assert done.error_lines == [
        f"vtb: error: {tmp_path}: 4 of 4 models have no weights yet: the lines above say how to bring them"
    ]


def test_damage_and_other_models_are_told_one_line_each(tmp_path: Path) -> None:
    for model in (tiny_detector(), tiny_tracker(), tiny_orienter()):
        place = tmp_path / model.name
        place.mkdir()
        for name in WEIGHTS[model.name].files:
            (place / name).write_bytes((model / name).read_bytes())
    weights = {name: tmp_path / name / "model.safetensors" for name in WEIGHTS}
    weights["grounding-dino-tiny"].write_bytes(weights["grounding-dino-tiny"].read_bytes()[:-1])
    weights["sam2.1-hiera-large"].write_bytes(weights["orient-anything-large"].read_bytes())
    (tmp_path / "orient-anything-large" / "config.json").write_text("{")
    code, found = check(tmp_path)
    assert code == 3
    assert "is no whole safetensors file" in found["grounding-dino-tiny"]
    assert "has no tensors vision_encoder., mask_decoder., memory_attention.: these are" in found["sam2.1-hiera-large"]
    assert "config.json: is no JSON" in found["orient-anything-large"]
    assert found["pi3"].startswith("missing: ")


def test_a_known_hash_is_compared(tmp_path: Path) -> None:
    place = tmp_path / "sam2.1-hiera-large"
    place.mkdir()
    for name in ("config.json", "model.safetensors"):
        (place / name).write_bytes((tiny_tracker() / name).read_bytes())
    known = replace(WEIGHTS["sam2.1-hiera-large"], sha256={"model.safetensors": "0" * 64})
    found = weight_folder.check_weights(tmp_path, known)
    assert found.wrong.endswith("model.safetensors: has another SHA-256 than the published file: bring it again")
    right = replace(known, sha256={"model.safetensors": file_sha256(place / "model.safetensors")})
    assert not weight_folder.check_weights(tmp_path, right).wrong


def test_names_that_are_not_known_are_refused_with_those_that_are(tmp_path: Path) -> None:
    done = fetch("pi4", tmp_path)
    assert done.code == 2
    assert "pi3" in done.err
    assert not list(tmp_path.iterdir())
