"""Tiny random models of the classes that perception uses, in folders as they are published; made once per process."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb.perception.convert import convert_orienter
from vtb.perception.detector import Detector
from vtb.perception.models import ModelBackend
from vtb.perception.orientation import Orienter
from vtb.perception.perceived import Floats, Frames
from vtb.perception.reconstruction import Reconstruction
from vtb.perception.tracker import Tracker

WORDS = ("a", "dog", "cat", "car", "fire", "##man", "truck", "red")  # what the tiny tokenizer knows


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """For modules that import it: tiny models on a busy machine, where more threads only wait for each other."""
    allow_cpu_torchvision()
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@functools.cache
def scratch() -> Path:
    """A folder of this process."""
    return Path(tempfile.mkdtemp(prefix="vtb-perception-"))


@functools.cache
def tiny_detector() -> Path:
    """A Grounding DINO; what ends a phrase has the numbers of BERT's own vocabulary, which are fixed in its code."""
    allow_cpu_torchvision()
    import torch
    from transformers import (
        BertConfig,
        BertTokenizer,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessor,
        SwinConfig,
    )  # fmt: skip

    folder = scratch() / "grounding-dino-tiny"
    vocabulary = {f"[unused{number}]": number for number in range(1040)}
    special = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103, ".": 1012, "?": 1029}
    special |= {word: 200 + number for number, word in enumerate(WORDS)}
    vocabulary = {name: number for name, number in vocabulary.items() if number not in special.values()} | special
    BertTokenizer(vocab=dict(sorted(vocabulary.items(), key=lambda item: item[1]))).save_pretrained(folder)
    GroundingDinoImageProcessor(size={"shortest_edge": 64, "longest_edge": 96}).save_pretrained(folder)
    text = BertConfig(vocab_size=1040, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    picture = SwinConfig(
        image_size=64, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4, out_indices=[2, 3, 4]
    )
    config = GroundingDinoConfig(
        backbone_config=picture, text_config=text, num_queries=12, encoder_layers=1, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, d_model=32,
        num_feature_levels=3, max_text_len=32,
    )  # fmt: skip
    torch.manual_seed(0)
    GroundingDinoForObjectDetection(config).save_pretrained(folder)
    return folder


@functools.cache
def tiny_tracker() -> Path:
    """A SAM 2.1 that looks at 64 x 64 pixels."""
    allow_cpu_torchvision()
    import torch
    from transformers import (
        Sam2HieraDetConfig,
        Sam2VideoConfig,
        Sam2VideoMaskDecoderConfig,
        Sam2VideoModel,
        Sam2VideoPromptEncoderConfig,
        Sam2VisionConfig,
    )  # fmt: skip

    folder = scratch() / "sam2.1-hiera-large"
    trunk = Sam2HieraDetConfig(
        hidden_size=8, image_size=[64, 64], blocks_per_stage=[1, 1, 2, 1], embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 1, 2, 2], window_size_per_stage=[4, 4, 4, 4], global_attention_blocks=[3],
    )  # fmt: skip
    vision = Sam2VisionConfig(
        backbone_config=trunk, backbone_channel_list=[64, 32, 16, 8], fpn_hidden_size=128,
        backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]],
    )  # fmt: skip
    config = Sam2VideoConfig(
        vision_config=vision, image_size=64, num_maskmem=3, max_object_pointers_in_encoder=4,
        prompt_encoder_config=Sam2VideoPromptEncoderConfig(hidden_size=128, image_size=64, patch_size=16),
        mask_decoder_config=Sam2VideoMaskDecoderConfig(
            hidden_size=128, mlp_dim=32, num_attention_heads=2, iou_head_hidden_dim=16
        ),
        memory_attention_hidden_size=128, memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=64, memory_attention_rope_feat_sizes=[4, 4],
        memory_encoder_hidden_size=128, memory_encoder_output_channels=64, mask_downsampler_embed_dim=128,
        memory_fuser_embed_dim=128, memory_fuser_intermediate_dim=64, memory_fuser_num_layers=1,
    )  # fmt: skip
    torch.manual_seed(0)
    Sam2VideoModel(config).save_pretrained(folder)
    return folder


@functools.cache
def published_orienter() -> dict[str, Any]:
    """The weights of an Orient Anything on a DINOv2 of two layers, by their published names."""
    allow_cpu_torchvision()
    import torch
    from safetensors.torch import load_file
    from transformers import Dinov2Config, Dinov2Model

    from vtb.perception.orientation_net import Head

    torch.manual_seed(0)
    dinov2 = Dinov2Model(Dinov2Config(hidden_size=64, num_hidden_layers=2, num_attention_heads=1, image_size=28))
    head = Head(64)
    for name, tensor in head.state_dict().items():
        if "running_mean" in name:
            tensor.normal_()
    dinov2.save_pretrained(scratch() / "dinov2")  # which has kept the names of old
    body = load_file(scratch() / "dinov2" / "model.safetensors")
    return {f"dinov2.{name}": tensor for name, tensor in body.items()} | {
        f"down_sampler.{name}": tensor for name, tensor in head.state_dict().items()
    }


@functools.cache
def tiny_orienter() -> Path:
    """Its folder, as ``vtb weights fetch`` makes it of the published file."""
    import torch

    folder = scratch() / "orient-anything-large"
    folder.mkdir()
    torch.save(published_orienter(), folder / "dino_weight.pt")
    convert_orienter(folder / "dino_weight.pt", folder)
    return folder


def moving_square(count: int = 6, height: int = 48, width: int = 64) -> Frames:
    """A red square that goes to the right over grey, frames (N, H, W, 3)."""
    frames = np.full((count, height, width, 3), 90, np.uint8)
    for number, frame in enumerate(frames):
        frame[16:32, 4 + 6 * number : 20 + 6 * number] = (220, 30, 30)
    return frames


class ExactTruthReconstructor:
    """In the place of a model: says what is true of a made-up space, whatever frames it is shown."""

    def __init__(self, points: Any, poses: Floats) -> None:
        self.space = Reconstruction(points, np.ones(points.shape[:3], np.bool_), poses)

    def reconstruct(self, frames: Frames) -> Reconstruction:
        assert len(frames) == len(self.space.points)
        return self.space


def tiny_backend(count: int) -> ModelBackend:
    """All of them, for videos of so many frames. Whatever the detector sees is a thing."""
    import torch

    points = np.random.default_rng(0).normal(size=(count, 14, 28, 3)).astype(np.float32)
    detector = Detector.load(tiny_detector(), "cpu", torch.float32)
    detector.least_score = 0.0
    return ModelBackend(
        detector,
        Tracker.load(tiny_tracker(), "cpu", torch.float32),
        Orienter.load(tiny_orienter(), "cpu", torch.float32),
        ExactTruthReconstructor(points, np.stack([np.eye(4)] * count)),
    )
