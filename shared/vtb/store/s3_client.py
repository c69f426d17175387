"""One client per process, and the one place where requests are tried again."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

from vtb.store.parallel import Helpers
from vtb.store.s3_errors import diagnose, translate
from vtb.store.s3_http import HELPERS, Http
from vtb.store.s3_settings import Settings

_LOG = logging.getLogger("vtb.store")
_FIRST_WAIT = 0.5

Result = TypeVar("Result")


class Client:
    """Connections to one server.

    Attributes:
        http: Requests; each is made once.
        helpers: Threads for the pieces of large objects.
        settings: What it was made of.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.helpers = Helpers(HELPERS)
        self.http = Http(settings)

    def attempt(self, uri: str, work: Callable[[], Result]) -> Result:
        """Do some work on a URI, again where its failure may pass.

        Raises:
            TryAgain: The last try failed.
            NotAvailable: No retry helps.
            ObjectMissing: There is no such object.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.settings.tries),
            wait=wait_exponential(multiplier=_FIRST_WAIT, max=20) + wait_random(0, _FIRST_WAIT),
            retry=retry_if_exception(_may_pass),
            before_sleep=lambda state: self._warn(uri, state),
            reraise=True,
        )
        try:
            return retrying(work)
        except Exception as error:
            problem = diagnose(error)
            if problem is None:
                raise
            raise translate(problem, uri, self.settings) from error

    def _warn(self, uri: str, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        problem = diagnose(error) if error else None
        text = " ".join(self.settings.hide(problem.text if problem else "failed").split())
        wait = state.next_action.sleep if state.next_action else 0.0
        _LOG.warning("%s: %s; retry %d of %d in %.1f s", uri, text, state.attempt_number, self.settings.tries - 1, wait)


def client_for(settings: Settings) -> Client:
    """Return this process's client: connections do not survive a fork."""
    return _client(settings, os.getpid())


@lru_cache(maxsize=16)
def _client(settings: Settings, _pid: int) -> Client:
    return Client(settings)


def _may_pass(error: BaseException) -> bool:
    problem = diagnose(error)
    return problem is not None and problem.passing
