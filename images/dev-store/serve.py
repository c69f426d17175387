"""An S3 server for trials over the folder /data: what the image vtb/dev-store runs.

AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are the keys that its clients must have, VTB_DEV_STORE_BUCKETS names the
buckets to make at the start (commas or spaces between them). It listens on port 9000, and SIGTERM ends it.

Nothing but the standard library is in the image beside rclone, which does the serving.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

DATA = Path("/data")
PORT = 9000
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
BUCKETS = "VTB_DEV_STORE_BUCKETS"
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
USAGE, MISSING, AGAIN = 2, 4, 75  # exit codes, the same as of all our programs
WARNING = (
    "for trials only: one copy of everything on one disk, no encryption, no rights to give, no versions. "
    "Use a real S3 store for work that matters"
)


class Problem(Exception):
    """What keeps the server from starting, and the exit code that says so."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def keys(environment: Mapping[str, str]) -> str:
    """The keys as rclone reads them from its environment: one CSV field. Arguments would show in `ps`."""
    missing = [name for name in KEYS if not environment.get(name)]
    if missing:
        raise Problem(f"{' and '.join(missing)} not set: give the keys that clients shall use", MISSING)
    pair = [environment[name] for name in KEYS]
    if any("," in key or not key.isprintable() for key in pair):
        raise Problem(f"{' or '.join(KEYS)} has a comma or a control character in it: choose another key", USAGE)
    escaped = ",".join(pair).replace('"', '""')
    return f'"{escaped}"'


def buckets(environment: Mapping[str, str]) -> list[str]:
    """The names of the buckets to make."""
    names = re.findall(r"[^\s,]+", environment.get(BUCKETS, ""))
    for name in names:
        if not BUCKET.fullmatch(name) or ".." in name:
            raise Problem(f"{BUCKETS}: {name!r} is no bucket name: take 3 to 63 of a-z, 0-9, '-' and '.'", USAGE)
    return names


def make_buckets(folder: Path, names: list[str]) -> None:
    """Make a folder for each bucket, and see that something can be written."""
    try:
        for name in names:
            (folder / name).mkdir(exist_ok=True)
    except OSError as error:
        raise Problem(
            f"{folder} cannot be written as user {os.getuid()}: {error.strerror}: mount a volume", MISSING
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Problem(f"{folder} cannot be written as user {os.getuid()}: mount a volume that can", MISSING)


def serve(auth: str) -> int:
    """Run rclone until it ends by itself (an error) or a signal ends it (none)."""
    settings = {"PATH": os.environ["PATH"], "HOME": "/tmp", "RCLONE_AUTH_KEY": auth, "RCLONE_CACHE_DIR": "/tmp/rclone"}
    # Without a configuration file, which it would look for and miss; a second of memory of folders, so that what is
    # put into the volume by other means shows.
    command = ["rclone", "serve", "s3", "--config=", "--dir-cache-time=1s", f"--addr=:{PORT}", str(DATA)]
    stopped = False
    server: subprocess.Popen[bytes] | None = None

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        if server is not None:
            server.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server = subprocess.Popen(command, env=settings)
    if stopped:  # while it was being started
        server.terminate()
    code = server.wait()
    if not stopped:
        raise Problem(f"rclone ended by itself with {code}; its lines above say why", AGAIN)
    say("stopped")
    return 0


def say(message: str) -> None:
    """One line for the log of the container."""
    print(f"vtb-dev-store: {message}", file=sys.stderr, flush=True)


def main() -> int:
    """Serve; the exit code."""
    if sys.argv[1:]:
        print(__doc__)
        return 0 if sys.argv[1] in ("-h", "--help") else USAGE
    try:
        auth, names = keys(os.environ), buckets(os.environ)
        make_buckets(DATA, names)
        say(WARNING)
        say(f"S3 on port {PORT} over {DATA}" + (f", buckets: {', '.join(names)}" if names else ""))
        return serve(auth)
    except Problem as problem:
        say(f"error: {problem}")
        return problem.code


if __name__ == "__main__":
    sys.exit(main())
