"""The stage that trains image-editing models."""
