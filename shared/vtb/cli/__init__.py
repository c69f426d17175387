"""The ``vtb`` command of a laptop: run pipelines, look at artifacts, list stages."""
