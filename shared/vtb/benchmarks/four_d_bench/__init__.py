"""4D-Bench: questions about objects that move, seen from several sides (Zhu et al. 2025, arXiv 2503.17827)."""

from vtb.benchmarks.registry import Views

NAME = "4d-bench"  # the source of its examples
# Questions of each category; its published overall figures are their means with these weights.
SIZES = {"counting": 127, "temporal": 140, "action": 214, "spatial": 134, "appearance": 136}
VIEWS = Views(tuple(f"view_{number}_rgb_white_bg" for number in (1, 8, 16)), frames=6)
