"""Connections that end as they do when a machine loses power."""

from __future__ import annotations

import contextlib
import socket
import struct


def break_connection(connection: socket.socket) -> None:
    """Close a connection with a reset, as a machine that lost power would after it is back."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
    with contextlib.suppress(OSError):
        connection.close()
