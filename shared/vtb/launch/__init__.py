"""Launchers: the same pipeline file as local processes, as containers, later on clusters."""
