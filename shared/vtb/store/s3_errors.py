"""What went wrong with a request to S3: whether it may pass, and what to tell the user."""

from __future__ import annotations

import http.client
from dataclasses import dataclass

import urllib3.exceptions as http_errors

from vtb.errors import NotAvailable, TryAgain, VtbError
from vtb.store.base import ObjectMissing
from vtb.store.s3_settings import Settings

_PASSING_CODES = frozenset(
    {
        "BadDigest",
        "BandwidthLimitExceeded",
        "IncompleteBody",
        "InternalError",
        "OperationAborted",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "XAmzContentSHA256Mismatch",
    }
)
_PASSING_STATUS = (408, 409, 425, 429)
_LASTING_STATUS = (501, 505, 507, 511)

_REGION = "this bucket is in another region; set AWS_REGION to its region"
_EXPIRED = "the temporary credentials have expired; get new ones and set all of AWS_ACCESS_KEY_ID, \
AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
_DENIED = "access denied; ask for read, list and (for outputs) write and delete rights on this bucket for these \
credentials, or set other ones"
_FULL = "no space left in the store; free some, or choose another one"
_INSUFFICIENT_STORAGE = 507
_ADVICE = {
    "NoSuchBucket": "there is no such bucket; create it, or correct the URI or S3_ENDPOINT_URL",
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "InvalidAccessKeyId": "the server does not know the access key; correct AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret does not belong to the access key; correct AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "InvalidToken": "the session token is wrong; correct AWS_SESSION_TOKEN or unset it",
    "RequestTimeTooSkewed": "the clock of this machine is wrong; set it and run again",
    "AuthorizationHeaderMalformed": _REGION,
    "InsufficientStorage": _FULL,
    "QuotaExceeded": _FULL,
    "XMinioStorageFull": _FULL,
    "ProxyAuthentication": "the proxy wants a user and password; put them into http_proxy and https_proxy",
    "PermanentRedirect": _REGION,
    "IllegalLocationConstraintException": _REGION,
}


class AnswerError(Exception):
    """A request was refused, or answered with something else than was asked for."""

    def __init__(self, code: str, message: str = "", *, status: int = 0, passing: bool = False) -> None:
        super().__init__(code, message, status)
        self.code = code
        self.message = message
        self.status = status
        self.passing = passing


@dataclass(frozen=True)
class Problem:
    """One failed request.

    Attributes:
        text: What happened, in a few words.
        passing: Whether another try may succeed.
        code: The code that S3 gave, if any.
        advice: What to do where no retry helps.
    """

    text: str
    passing: bool
    code: str = ""
    advice: str = ""


def diagnose(error: BaseException) -> Problem | None:
    """Tell what an exception means, or return None for one that is not about S3 or the network."""
    if isinstance(error, AnswerError):
        return _answer(error)
    if isinstance(error, (http_errors.HTTPError, http.client.HTTPException, ConnectionError, TimeoutError)):
        return _network(error)
    return None


def translate(problem: Problem, uri: str, settings: Settings) -> VtbError:
    """Make the one line for the user out of what failed in the end."""
    if problem.code == "NoSuchKey":
        return ObjectMissing(f"there is no {uri}")
    text = " ".join(settings.hide(problem.text).split())[:300]
    where = f"{uri} at {settings.endpoint}"
    if problem.passing:
        return TryAgain(f"{where}: {text}, {settings.tries} times; run the same command again to resume")
    return NotAvailable(f"{where}: {problem.advice or text}")


def _answer(error: AnswerError) -> Problem:
    status, code, message = error.status, error.code, error.message
    text = " ".join(part for part in (str(status or ""), code, message) if part)
    lasting = code in _ADVICE or status in _LASTING_STATUS
    passing = error.passing or code in _PASSING_CODES or status in _PASSING_STATUS or status >= 500
    if passing and not lasting:
        return Problem(text, passing=True, code=code)
    advice = _FULL if status == _INSUFFICIENT_STORAGE else _ADVICE.get(code, "")
    if advice is _REGION and message:
        advice += f" (the server says: {message})"
    if not code:
        text += ", which is no answer of S3; check S3_ENDPOINT_URL"
    return Problem(text, passing=False, code=code, advice=advice or f"the server refused: {text}")


def _network(error: BaseException) -> Problem:
    text = str(error)
    if isinstance(error, http_errors.SSLError) and "CERTIFICATE_VERIFY_FAILED" in text:
        advice = "its certificate is not trusted; set AWS_CA_BUNDLE to the file of your certificate authority"
        return Problem(text, passing=False, advice=advice)
    if isinstance(error, http_errors.SSLError) and "WRONG_VERSION_NUMBER" in text:
        return Problem(text, passing=False, advice="the server does not speak TLS; use http:// in S3_ENDPOINT_URL")
    if isinstance(error, http_errors.ProxyError) and "407" in text:
        return _answer(AnswerError("ProxyAuthentication", status=407))
    return Problem(_network_text(error), passing=True)


def _network_text(error: BaseException) -> str:
    if isinstance(error, http_errors.ProxyError):
        return f"no connection to the proxy ({_network_text(error.original_error)})"
    if isinstance(error, http_errors.NameResolutionError):
        return "the host name cannot be resolved"
    if isinstance(error, http_errors.NewConnectionError):
        return f"no connection ({error.__cause__ or 'refused'})"
    if isinstance(error, http_errors.ConnectTimeoutError):
        return "no connection in time"
    if isinstance(error, (http_errors.TimeoutError, TimeoutError)):
        return "no answer in time"
    if isinstance(error, (http_errors.ProtocolError, http.client.HTTPException, ConnectionError)):
        return "the connection broke"
    return f"{type(error).__name__}: {error}"
