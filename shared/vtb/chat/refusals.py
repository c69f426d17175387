"""What the status of a refusal means: try again, wait, or tell the user."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from vtb.errors import NotAvailable, UsageProblem, VtbError

KEY = "OPENAI_API_KEY"
_PASSING = (408, 409, 425, 429)
_NO_MONEY = ("insufficient_quota", "billing_hard_limit_reached")  # OpenAI's, with status 429


def passes(status: int, code: str) -> bool:
    """Whether a failure may pass by itself."""
    return (status in _PASSING or status >= 500) and code not in _NO_MONEY


def final(said: str, status: int, has_key: bool) -> VtbError:
    """The error that tells a refusal which does not pass; ``said`` names the place and the server's own words."""
    if status in (401, 403):
        why = f"it refuses the key in {KEY}" if has_key else f"it asks for a key: set {KEY}"
        return NotAvailable(f"{said}: {why}")
    if status in (402, 429):
        return NotAvailable(f"{said}: nothing is left on the account of this key")
    if status == 404:
        return NotAvailable(f"{said}: no such model or no such place: check --model and --endpoint (.../v1)")
    if status == 407:
        return NotAvailable(f"{said}: the proxy wants a name and a password: http_proxy=http://NAME:PASSWORD@HOST:PORT")
    return UsageProblem(f"{said}: it does not take this request: check --model, --endpoint, {KEY} and how it is asked")


def seconds(retry_after: str | None) -> float:
    """What ``Retry-After`` says, in seconds or as a date (RFC 9110, 10.2.3); 0 where it says nothing that can be."""
    try:
        return max(0.0, float(retry_after or 0))
    except ValueError:
        return _seconds_to(retry_after or "")


def _seconds_to(date: str) -> float:
    try:
        until = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    aware = until if until.tzinfo else until.replace(tzinfo=timezone.utc)
    return max(0.0, (aware - datetime.now(timezone.utc)).total_seconds())
