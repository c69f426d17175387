"""VLM4D: questions about how things move in real and synthetic videos (Zhou et al. 2025, ICCV 2025)."""

NAME = "vlm4d"  # the source of its examples
# How many questions of each kind the released files have: 1,371 about real videos, 445 about synthetic ones.
SIZES = {"real_ego": 449, "real_exo": 922, "synthetic_directional": 400, "synthetic_fp": 45}
