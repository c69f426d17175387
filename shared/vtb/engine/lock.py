"""One run at a time trains into an output: of two equal ones, one wins and the other says so.

On one machine a file lock in the cache folder decides, which the kernel frees when its holder is killed. Between
machines it is an object in the store, ``.lock.json``, in which the holder changes a number every few seconds. Stores
have no "create if absent" that all of them know, so a run writes its name, goes on, and looks soon after (long before
an engine has started) whether the name is still its own: the last to write has won, the others stop. A lock whose
number stands still has lost its holder and is taken over. Clocks are not compared.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import socket
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from vtb.errors import TryAgain, VtbError
from vtb.store import ObjectMissing, Store

log = logging.getLogger("vtb.train")
NAME = ".lock.json"  # hidden, so that a place with nothing else is still empty
SETTLE_S = 2.0
BEAT_S = 15.0
STALE_S = 60.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class OutputLock:
    """Held while a run trains; use it in a ``with`` statement."""

    def __init__(self, store: Store, file: Path, *, main: bool = True, clears: bool = False) -> None:
        """Nothing is locked yet.

        Args:
            store: Where the artifact is written.
            file: The lock on this machine, the same for all runs that write there by a node of this number.
            main: Whether this node is the one of several that writes the artifact; the others lock the file alone, so
                that two runs do not work in one folder.
            clears: Whether the run removes what is there, so that it must be sure of the lock before.
        """
        self._store, self._path, self._main, self._sure = store, file, main, clears
        self._me = secrets.token_hex(8)
        self._beats = 0
        self._end = threading.Event()
        self.lost = threading.Event()
        """Set when another run has taken the output over."""

    def __enter__(self) -> OutputLock:
        """Take the lock.

        Raises:
            TryAgain: another run has it.
        """
        self._file = self._lock_file()
        if not self._main:
            return self
        try:
            self._wait_for_the_dead()
            self._write()
            if self._sure:
                time.sleep(SETTLE_S)
                self.check()
        except BaseException:
            os.close(self._file)
            raise
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Free it, if it is still ours."""
        if not self._main:
            os.close(self._file)
            return
        self._end.set()
        self._thread.join()
        try:
            if not self.lost.is_set() and self._is_mine():
                self._store.delete([NAME])
        except VtbError as problem:
            log.warning("the lock is left behind in the store: %s", problem)
        finally:
            os.close(self._file)

    def check(self) -> None:
        """Raise ``TryAgain`` when another run has taken the output over; asked before anything final is written."""
        if self._main and (self.lost.is_set() or not self._is_mine()):
            self.lost.set()
            raise TryAgain(f"{self._store.uri}: another run has taken over here: let it finish")

    def _lock_file(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(file)
            raise self._busy("on this machine") from error
        return file

    def _wait_for_the_dead(self) -> None:
        """Return when nobody holds the lock; a holder that shows no life for a while does not."""
        found = self._read()
        # Whoever wrote it on this machine held the file lock that we have now, and is gone.
        if found is None or found.get("place") == self._place():
            return
        log.info("another run began here (on %s): looking whether it is alive", found.get("host"))
        deadline = time.monotonic() + STALE_S
        while time.monotonic() < deadline:
            time.sleep(min(1.0, STALE_S / 10))
            now = self._read()
            if now is None:
                return
            if now != found:
                raise self._busy(f"on {now.get('host')}")
        log.info("it is not: taking over")
        self._sure = True

    def _busy(self, where: str) -> TryAgain:
        return TryAgain(
            f"{self._store.uri}: another run trains here now ({where}): wait until it is done, or stop it; then "
            "run the same command again"
        )

    def _place(self) -> str:
        """Which file lock the holder has: the start of a machine, and a file there."""
        status = os.fstat(self._file)
        boot = _BOOT.read_text().strip() if _BOOT.exists() else socket.gethostname()
        return f"{boot}:{status.st_dev}:{status.st_ino}"

    def _write(self) -> None:
        self._beats += 1
        content = {"run": self._me, "beat": self._beats, "host": socket.gethostname(), "place": self._place()}
        self._store.put_bytes(NAME, json.dumps(content).encode())

    def _read(self) -> dict[str, Any] | None:
        try:
            found = json.loads(self._store.get_bytes(NAME))
        except ObjectMissing:
            return None
        except ValueError:
            found = None
        return found if isinstance(found, dict) else {}

    def _is_mine(self) -> bool:
        return (self._read() or {}).get("run") == self._me

    def _keep(self) -> None:
        wait = SETTLE_S
        while not self._end.wait(wait):
            wait = BEAT_S
            try:
                if not self._is_mine():
                    self.lost.set()
                    return
                self._write()
            except VtbError as error:  # the store is away for a while; the next beat may do better
                log.debug("the lock could not be renewed: %s", error)
