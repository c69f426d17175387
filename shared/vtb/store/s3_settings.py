"""Where S3 is and who asks, from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vtb.errors import NotAvailable, UsageProblem
from vtb.store.s3_proxy import proxy_for

_ENDPOINTS = ("S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_ROLES = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
# Names of at most 63 characters between dots, or an address (colons: IPv6).
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?|[0-9A-Fa-f:.%]+")
_REGION = re.compile(r"^[A-Za-z0-9][A-Za-z0-9-]{0,62}$")


@dataclass(frozen=True)
class Settings:
    """Everything a client is made of; hashable, so that equal settings share one client.

    Attributes:
        host: Host and port of the server.
        secure: Whether to use TLS.
        region: The region that requests are signed for.
        ca_file: Certificate authorities to trust, or empty for the usual ones.
        access_key: The access key, or empty to use the role of the pod.
        secret_key: Its secret.
        session_token: The token of temporary credentials, or empty.
        tries: How often a request is tried in all.
        timeout: Seconds without a byte after which a request has failed.
        proxy: The URL of the proxy on the way to the server, or empty.
    """

    host: str
    secure: bool
    region: str
    ca_file: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    tries: int
    timeout: float
    proxy: str = field(repr=False)

    @property
    def endpoint(self) -> str:
        """The server as a URL, for messages."""
        return f"{'https' if self.secure else 'http'}://{self.host}"

    def hide(self, text: str) -> str:
        """Return a text with every credential in it blanked out."""
        login = urlsplit(self.proxy).password or ""
        for secret in (self.secret_key, self.session_token, self.access_key, login):
            if secret:
                text = text.replace(secret, "***")
        return text


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from the environment.

    Raises:
        UsageProblem: A variable has a value that cannot be used.
        NotAvailable: There are no credentials, or no such file of certificate authorities.
    """
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    if not _REGION.match(region):
        raise UsageProblem(f"AWS_REGION is {region!r}, which is no region; a usual one is us-east-1")
    host, secure = _endpoint(environ, region)
    access_key, secret_key = environ.get("AWS_ACCESS_KEY_ID", ""), environ.get("AWS_SECRET_ACCESS_KEY", "")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        if not environ.get(name, "").isascii() or not environ.get(name, " ").isprintable():
            raise UsageProblem(f"{name} has characters that no key has, such as the end of a line: set it anew")
    if not (access_key and secret_key):
        access_key = secret_key = ""
        _need_role(environ)
    return Settings(
        host=host,
        secure=secure,
        region=region,
        ca_file=_ca_file(environ),
        access_key=access_key,
        secret_key=secret_key,
        session_token=environ.get("AWS_SESSION_TOKEN", "") if access_key else "",
        tries=int(_number(environ, "VTB_S3_RETRIES", 6)),
        timeout=_number(environ, "VTB_S3_TIMEOUT", 30),
        proxy=proxy_for(f"{'https' if secure else 'http'}://{host}", environ),
    )


def _endpoint(environ: Mapping[str, str], region: str) -> tuple[str, bool]:
    name = next((name for name in _ENDPOINTS if environ.get(name)), "")
    if not name:
        return f"s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}", True
    # Nothing of the value is repeated in a message: it may hold a password.
    try:
        url = urlsplit(environ[name].strip())
        host, port = url.hostname, url.port
    except ValueError:
        raise UsageProblem(f"{name} is not a URL; it looks like https://host:port") from None
    if url.scheme not in ("http", "https") or not host:
        raise UsageProblem(f"{name} must begin with http:// or https:// and a host, as in https://host:port")
    if "@" in url.netloc:
        raise UsageProblem(f"{name} holds a user or password; give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    if url.path.strip("/") or url.query or url.fragment:
        raise UsageProblem(f"{name} must be a server alone, as in https://host:port; the bucket belongs in s3://bucket")
    if not _HOST.fullmatch(host):
        raise UsageProblem(f"{name} names a host that cannot be; it looks like https://host:port")
    bracketed = f"[{host}]" if ":" in host else host
    return (f"{bracketed}:{port}" if port else bracketed), url.scheme == "https"


def _need_role(environ: Mapping[str, str]) -> None:
    if any(environ.get(name) for name in _ROLES):
        return
    missing = [name for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if not environ.get(name)]
    unless_aws = "" if any(environ.get(name) for name in _ENDPOINTS) else "; S3_ENDPOINT_URL too, unless it is AWS"
    raise NotAvailable(
        f"no credentials for S3: set {' and '.join(missing)} in the environment{unless_aws}; or run with a pod role"
    )


def _ca_file(environ: Mapping[str, str]) -> str:
    name = next((name for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE") if environ.get(name)), "")
    path = environ.get(name, "")
    if path and not os.path.isfile(path):
        raise NotAvailable(f"{name} is {path}, and there is no such file; mount the certificates or unset it")
    return path


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 < value <= 3600 or (name == "VTB_S3_RETRIES" and value != int(value)):
        raise UsageProblem(f"{name} is {text!r}; it must be a positive number, by default {default:g}")
    return value
