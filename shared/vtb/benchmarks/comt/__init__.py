"""CoMT: chains of multi-modal thought (Cheng et al. 2024, arXiv 2412.12932, AAAI 2025)."""

NAME = "comt"  # the source of its examples
CATEGORIES = ("creation", "deletion", "update", "selection")
