"""One interface to folders and S3 buckets: atomic writes, lazy listings, transfers that survive a bad network.

S3 is set up by the environment only, with the names that other S3 tools use:

* ``S3_ENDPOINT_URL``, else ``AWS_ENDPOINT_URL_S3``, else ``AWS_ENDPOINT_URL``: the server; without one, Amazon S3 in
  ``AWS_REGION``, else ``AWS_DEFAULT_REGION`` (default ``us-east-1``).
* ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and, for temporary credentials, ``AWS_SESSION_TOKEN``. Without
  them a pod's own role is used when ``AWS_WEB_IDENTITY_TOKEN_FILE``, ``AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`` or
  ``AWS_CONTAINER_CREDENTIALS_FULL_URI`` is set.
* ``AWS_CA_BUNDLE``, else ``SSL_CERT_FILE``: certificate authorities to trust instead of the usual ones.
* ``http_proxy``, ``https_proxy``, ``all_proxy``, ``no_proxy``, in small or capital letters: the proxy on the way.
* ``VTB_S3_RETRIES``: how often a request is tried in all before giving up (default 6).
* ``VTB_S3_TIMEOUT``: seconds without a byte from the server after which a request has failed (default 30).

Requests that fail for a reason that may pass are tried again, each with one warning line from the logger
``vtb.store``; when the last try failed the error is `vtb.errors.TryAgain`. What no retry fixes (credentials, a missing
bucket, a read-only folder) is `vtb.errors.NotAvailable` at once.
"""

from __future__ import annotations

from vtb.store.base import ObjectInfo, ObjectMissing, ObjectTooLarge, Store
from vtb.store.local import LocalStore
from vtb.store.tree import download, upload_tree
from vtb.store.uris import is_remote, join_uri, open_store

__all__ = [
    "LocalStore",
    "ObjectInfo",
    "ObjectMissing",
    "ObjectTooLarge",
    "Store",
    "download",
    "is_remote",
    "join_uri",
    "open_store",
    "upload_tree",
]
