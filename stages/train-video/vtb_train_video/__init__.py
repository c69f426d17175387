"""The stage that trains video models."""
