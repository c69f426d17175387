"""How questions in words end."""

from __future__ import annotations

from vtb.formats.swift import DIRECT, THINK

CLOSINGS = {"direct": DIRECT, "think": THINK, "plain": ""}
