"""What is rendered from the stage declarations: option tables, later manifests and chart values."""
