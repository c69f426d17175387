"""Our models inside the evaluation kits of others, for figures that may stand beside those of papers."""
