"""Readers and writers of the file formats that others define."""
