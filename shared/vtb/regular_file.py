"""Reading a file that somebody else may have put there: a regular one, of a size that fits in memory."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_BLOCK = 1 << 20


class NotRegular(OSError):
    """What lies there is no regular file, or one that is too large."""


class TooLarge(NotRegular):
    """It is too large."""


def open_regular(path: Path) -> BinaryIO:
    """A regular file, open for reading.

    Raises:
        NotRegular: it is a pipe or a device, which may have no end.
        OSError: it cannot be read, or is a folder.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe without a writer would wait
    kind = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(kind):
        os.close(descriptor)
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise NotRegular(errno.EINVAL, "is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most ``limit`` bytes.

    Raises:
        NotRegular: it is a pipe or a device.
        TooLarge: it is larger.
        OSError: it cannot be read, or is a folder.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise TooLarge(errno.EFBIG, f"has {size} bytes, more than {limit}", str(path))
        data = file.read(size + 1)  # not the limit, for which room would be taken at once
        while len(data) <= limit and (more := file.read(_BLOCK)):  # it grows, or the kernel makes it up as it is read
            data += more
        if len(data) > limit:
            raise TooLarge(errno.EFBIG, f"has more than {limit} bytes", str(path))
        return data
