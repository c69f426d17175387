"""Tiny random models of the real architectures, to try everything without a GPU or a download."""
