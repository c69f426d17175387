"""Models that draw: their differences, features, training loop and sampling on DiffSynth-Studio's public Python API."""
