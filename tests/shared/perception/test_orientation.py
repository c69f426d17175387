"""Directions: what the model is shown, its head by hand, a tiny Orient Anything converted from the published form."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tiny_perception import moving_square, one_thread, published_orienter, tiny_orienter  # noqa: F401 -- a fixture
from vtb.errors import BadInput, NotAvailable
from vtb.perception.convert import convert_orienter
from vtb.perception.cut_out import MARGIN, cut_out
from vtb.perception.masks import Masks
from vtb.perception.orientation import Orienter


@pytest.fixture(scope="module")
def orienter() -> Orienter:
    import torch

    return Orienter.load(tiny_orienter(), "cpu", torch.float32)


def test_a_thing_is_alone_on_black_in_the_middle_of_a_square() -> None:
    picture = np.full((100, 100, 3), 255, np.uint8)
    mask = np.zeros((100, 100), np.bool_)
    mask[40:60, 45:55] = True
    square = cut_out(picture, mask, 40)  # 20 by 10 and a margin of 10 around it: of full size
    expected = np.zeros((40, 40, 3), np.uint8)
    expected[10:30, 15:25] = 255
    assert np.array_equal(square, expected)


def test_the_margin_ends_where_the_frame_does() -> None:
    mask = np.zeros((60, 60), np.bool_)
    mask[0:20, 0:20] = True
    square = cut_out(np.full((60, 60, 3), 200, np.uint8), mask, 20 + MARGIN)
    assert (square[:20, :20] == 200).all()
    assert not square[20:].any()
    assert not square[:, 20:].any()


def test_a_pipe_in_the_place_of_weights_is_no_file(tmp_path: Path) -> None:
    import torch

    shutil.copytree(tiny_orienter(), tmp_path / "model")
    (tmp_path / "model" / "head.safetensors").unlink()
    os.mkfifo(tmp_path / "model" / "head.safetensors")
    with pytest.raises(NotAvailable, match=r"has no head\.safetensors"):
        Orienter.load(tmp_path / "model", "cpu", torch.float32)


def test_angles_by_hand() -> None:
    import torch

    from vtb.perception.orientation_net import CLASSES, angles_of_logits

    logits = torch.zeros(2, CLASSES)
    logits[0, [271, 360 + 100, 540 + 0]] = 5
    logits[1, [0, 360 + 90, 540 + 179]] = 5
    logits[:, 720] = torch.tensor([0.0, 1.0986123])
    angles, sure = angles_of_logits(logits)
    assert angles.tolist() == [[271, 10, -90], [0, 0, 89]]
    assert sure.tolist() == pytest.approx([0.5, 0.75])


def test_the_head_is_what_the_paper_says() -> None:
    import torch

    net = Orienter.load(tiny_orienter(), "cpu", torch.float32).net
    weights = {name: tensor.double().numpy() for name, tensor in published_orienter().items()}
    pixels = torch.randn(2, 3, 28, 28, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        values = net.dinov2(pixels).last_hidden_state[:, 0].double().numpy()
        logits = net(pixels).numpy()
    for number in (1, 2):
        linear, norm = f"down_sampler.net{number}.0", f"down_sampler.net{number}.1"
        values = values @ weights[f"{linear}.weight"].T + weights[f"{linear}.bias"]
        spread = np.sqrt(weights[f"{norm}.running_var"] + 1e-5)
        values = (values - weights[f"{norm}.running_mean"]) / spread * weights[f"{norm}.weight"]
        values = np.maximum(values + weights[f"{norm}.bias"], 0 if number == 1 else -np.inf)
    assert logits.shape == (2, 722)
    assert logits == pytest.approx(values, abs=1e-4)


def test_nothing_but_the_thing_itself_is_looked_at(orienter: Orienter) -> None:
    frames = moving_square()
    shapes = frames[..., 0] > 200
    shapes[3] = False
    angles, sure = orienter.angles(frames, Masks.pack(shapes))
    assert np.isnan(angles[3]).all()
    assert sure[3] == 0
    seen = np.arange(6) != 3
    assert (angles[seen] == angles[0]).all()  # the same square, elsewhere
    assert ((sure[seen] > 0) & (sure[seen] < 1)).all()
    around = np.where(shapes[..., None], frames, np.random.default_rng(0).integers(0, 255, frames.shape, np.uint8))
    again, as_sure = orienter.angles(around.astype(np.uint8), Masks.pack(shapes))
    assert np.array_equal(again, angles, equal_nan=True)
    assert np.array_equal(as_sure, sure)
    changed = frames.copy()
    changed[:, :24] = (changed[:, :24] * 0.2).astype(np.uint8)  # the upper half of the square itself
    assert not np.array_equal(orienter.angles(changed, Masks.pack(shapes))[1], sure)


def test_the_published_file_becomes_what_transformers_reads(orienter: Orienter) -> None:
    published = published_orienter()
    assert "dinov2.encoder.layer.1.attention.attention.query.weight" in published  # the names of old
    mine = orienter.net.dinov2.state_dict()
    assert mine["encoder.layer.1.attention.q_proj.weight"].equal(
        published["dinov2.encoder.layer.1.attention.attention.query.weight"]
    )
    assert mine["embeddings.position_embeddings"].equal(published["dinov2.embeddings.position_embeddings"])
    config = orienter.net.dinov2.config
    assert (config.hidden_size, config.num_hidden_layers, config.image_size, config.patch_size) == (64, 2, 28, 14)


def test_a_pickle_that_holds_more_than_tensors_is_refused_and_nothing_of_it_runs(tmp_path: Path) -> None:
    import torch

    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "it ran",)

    for number, content in enumerate(({"dinov2.a": Hostile()}, Hostile(), [torch.zeros(1)], {"a": "words"})):
        torch.save(content, tmp_path / f"{number}.pt")
        with pytest.raises(BadInput, match=rf"{number}.pt: is refused: .*more than tensors") as refused:
            convert_orienter(tmp_path / f"{number}.pt", tmp_path)
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "it ran").exists()
    assert not list(tmp_path.glob("*.safetensors*"))


def test_damage_and_other_models_are_refused(tmp_path: Path) -> None:
    import torch

    pickle = tmp_path / "dino_weight.pt"
    pickle.write_bytes((tiny_orienter() / "dino_weight.pt").read_bytes()[:5000])
    with pytest.raises(BadInput, match="it is damaged"):
        convert_orienter(pickle, tmp_path)
    torch.save({"encoder.weight": torch.zeros(2)}, pickle)
    with pytest.raises(BadInput, match=r"another model: it lacks 'embeddings.cls_token'"):
        convert_orienter(pickle, tmp_path)
    torch.save({name: tensor for name, tensor in published_orienter().items() if "net2.1.bias" not in name}, pickle)
    convert_orienter(pickle, tmp_path)
    with pytest.raises(BadInput, match=r"head of Orient Anything: .*net2.1.bias"):
        Orienter.load(tmp_path, "cpu", torch.float32)


def test_a_folder_that_takes_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "head.safetensors.part").mkdir()
    with pytest.raises(NotAvailable, match=r"head.safetensors: cannot be written: .*Is a directory"):
        convert_orienter(tiny_orienter() / "dino_weight.pt", tmp_path)
