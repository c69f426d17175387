"""Thinking in latents: text interleaved with hidden states that stand for a picture (ILVR, arXiv 2512.05665)."""
