"""Encoders out of Pi3's file: the same features as the original blocks give, by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from geometries import encoder
from latents import one_thread as one_thread  # a fixture
from vtb.errors import BadInput
from vtb.geometry.encoder import check_encoder, load_encoder

pytestmark = pytest.mark.engine
WIDTH, LAYERS, SIDE, REGISTERS = 128, 2, 3, 4  # SIDE patches a side


def original(*, chunked: bool = False) -> dict[str, Any]:
    """Random tensors by the names of the original code."""
    import torch

    chance = torch.Generator().manual_seed(3)
    shapes = {
        "cls_token": (1, 1, WIDTH), "register_tokens": (1, REGISTERS, WIDTH), "mask_token": (1, WIDTH),
        "pos_embed": (1, 1 + SIDE**2, WIDTH), "patch_embed.proj.weight": (WIDTH, 3, 14, 14),
        "patch_embed.proj.bias": (WIDTH,), "norm.weight": (WIDTH,), "norm.bias": (WIDTH,),
    }  # fmt: skip
    for layer in range(LAYERS):
        at = f"blocks.0.{layer}." if chunked else f"blocks.{layer}."
        own = {
            "norm1.weight": (WIDTH,), "norm1.bias": (WIDTH,), "attn.qkv.weight": (3 * WIDTH, WIDTH),
            "attn.qkv.bias": (3 * WIDTH,), "attn.proj.weight": (WIDTH, WIDTH), "attn.proj.bias": (WIDTH,),
            "ls1.gamma": (WIDTH,), "norm2.weight": (WIDTH,), "norm2.bias": (WIDTH,),
            "mlp.fc1.weight": (4 * WIDTH, WIDTH), "mlp.fc1.bias": (4 * WIDTH,), "mlp.fc2.weight": (WIDTH, 4 * WIDTH),
            "mlp.fc2.bias": (WIDTH,), "ls2.gamma": (WIDTH,),
        }  # fmt: skip
        shapes |= {at + name: shape for name, shape in own.items()}
    return {
        name: torch.randn(shape, generator=chance) * (shape[-1] ** -0.5 if len(shape) > 1 else 1)
        for name, shape in shapes.items()
    }


def write_pi3(folder: Path, tensors: Mapping[str, Any]) -> Path:
    """A file as Pi3's, whose other parts have other names."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    every = {f"encoder.{name}": tensor for name, tensor in tensors.items()}
    save_file({**every, "decoder.0.attn.qkv.weight": torch.zeros(3, 3)}, folder / "model.safetensors")
    return folder


def slow_features(tensors: Mapping[str, Any], frame: Any) -> Any:
    """The original DINOv2 by hand: patches, class token, positions, registers, blocks, the last norm."""
    import torch

    def norm(states: Any, name: str) -> Any:
        centred = states - states.mean(-1, keepdim=True)
        scaled = centred / (centred.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt()
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    kernel, bias = tensors["patch_embed.proj.weight"], tensors["patch_embed.proj.bias"]
    patches = [
        (kernel * frame[:, 14 * y : 14 * y + 14, 14 * x : 14 * x + 14]).sum((1, 2, 3)) + bias
        for y in range(SIDE) for x in range(SIDE)
    ]  # fmt: skip
    states = torch.cat([tensors["cls_token"][0], torch.stack(patches)]) + tensors["pos_embed"][0]
    states = torch.cat([states[:1], tensors["register_tokens"][0], states[1:]])
    for layer in range(LAYERS):
        at = f"blocks.{layer}."
        both = norm(states, f"{at}norm1") @ tensors[f"{at}attn.qkv.weight"].T + tensors[f"{at}attn.qkv.bias"]
        query, key, value = both.reshape(len(states), 3, WIDTH // 64, 64).permute(1, 2, 0, 3)
        seen = ((query @ key.transpose(1, 2) / 8).softmax(-1) @ value).transpose(0, 1).reshape(len(states), WIDTH)
        seen = seen @ tensors[f"{at}attn.proj.weight"].T + tensors[f"{at}attn.proj.bias"]
        states = states + tensors[f"{at}ls1.gamma"] * seen
        inner = norm(states, f"{at}norm2") @ tensors[f"{at}mlp.fc1.weight"].T + tensors[f"{at}mlp.fc1.bias"]
        inner = inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2)))
        inner = inner @ tensors[f"{at}mlp.fc2.weight"].T + tensors[f"{at}mlp.fc2.bias"]
        states = states + tensors[f"{at}ls2.gamma"] * inner
    return norm(states, "norm")


@pytest.mark.parametrize("chunked", [False, True])
def test_pi3s_encoder_computes_what_the_original_does(chunked: bool, tmp_path: Path) -> None:
    import torch

    model = load_encoder(write_pi3(tmp_path / "pi3", original(chunked=chunked))).eval()
    assert (model.config.num_hidden_layers, model.config.num_register_tokens) == (LAYERS, REGISTERS)
    frame = torch.randn(3, 14 * SIDE, 14 * SIDE, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = model(frame[None]).last_hidden_state[0]
    torch.testing.assert_close(found, slow_features(original(), frame), rtol=1e-4, atol=1e-4)


def test_other_sizes_take_positions_in_between(tmp_path: Path) -> None:
    """Twice as wide: bicubic with antialiasing and no offset, as the original's models with registers."""
    import torch

    tensors = original()
    model = load_encoder(write_pi3(tmp_path / "pi3", tensors))
    own = tensors["pos_embed"][:, 1:].reshape(1, SIDE, SIDE, WIDTH).permute(0, 3, 1, 2)
    wide = torch.nn.functional.interpolate(own, size=(SIDE, 2 * SIDE), mode="bicubic", antialias=True)
    with torch.no_grad():
        found = model.embeddings.interpolate_pos_encoding(torch.zeros(1, 1 + 2 * SIDE**2, WIDTH), 14 * SIDE, 28 * SIDE)
    torch.testing.assert_close(found[0, 1:], wide[0].permute(1, 2, 0).reshape(-1, WIDTH))


def test_what_is_no_encoder_is_known_by_its_header(tmp_path: Path) -> None:
    check_encoder(encoder())
    check_encoder(write_pi3(tmp_path / "pi3", original()))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="has no geometry encoder: give a DINOv2 with registers"):
        check_encoder(tmp_path / "empty")
    with pytest.raises(BadInput, match=r"no Pi3, which has a tensor encoder\.cls_token: give a DINOv2"):
        check_encoder(write_pi3(tmp_path / "other", {}))
    (tmp_path / "empty/config.json").write_text('{"model_type": "dinov2_with_registers"}')
    with pytest.raises(BadInput, match=r"has a geometry encoder's config\.json, and no model\.safetensors"):
        check_encoder(tmp_path / "empty")
    for config in ("{}", '{"model_type": "dinov2_with_registers"}'):
        (tmp_path / "empty/config.json").write_text(config)
        (tmp_path / "empty/model.safetensors").write_bytes(b"abcd")
        with pytest.raises(BadInput, match="is no whole safetensors file"):
            check_encoder(tmp_path / "empty")


def test_what_is_no_encoder_is_refused(tmp_path: Path) -> None:
    assert load_encoder(encoder()).config.hidden_size == 32
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="has no geometry encoder: give a DINOv2 with registers"):
        load_encoder(tmp_path / "empty")
    without = {name: tensor for name, tensor in original().items() if name != "norm.bias"}
    with pytest.raises(BadInput, match=r"holds no encoder of Pi3 under encoder\."):
        load_encoder(write_pi3(tmp_path / "part", without))
    with pytest.raises(BadInput, match="holds no encoder"):
        load_encoder(write_pi3(tmp_path / "other", {}))
