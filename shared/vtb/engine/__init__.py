"""What every trainer needs around an engine: launch, watch, checkpoints, curves, hardware, stop signal, proof."""
