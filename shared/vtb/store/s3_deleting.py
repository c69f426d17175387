"""Deleting many objects: with one request where the server can, else one by one."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from xml.etree import ElementTree

from vtb.store.parallel import each
from vtb.store.s3_answers import read_deleted
from vtb.store.s3_client import Client
from vtb.store.s3_errors import AnswerError

_THREADS = 8


class Deleter:
    """Deletes objects of one bucket."""

    def __init__(self, client: Client, bucket: str, uri: str) -> None:
        self._client, self._bucket, self._uri = client, bucket, uri
        self._one_by_one = False

    def delete(self, names: Sequence[str]) -> None:
        """Delete up to 1,000 objects; those that are not there are no error."""
        if not self._one_by_one:
            self._one_by_one = not self._client.attempt(self._uri, lambda: self._together(names))
        if self._one_by_one:
            for _ in each(self._single, names, _THREADS):
                pass

    def _together(self, names: Sequence[str]) -> bool:
        """Delete all; says whether the server can."""
        body = _request(names)
        headers = {"Content-MD5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()}
        try:
            answer = self._client.http.call("POST", self._bucket, query={"delete": ""}, headers=headers, body=body)
        except AnswerError as error:
            if error.status in (405, 501):
                return False
            raise
        for failed in read_deleted(answer.body):
            if failed.code != "NoSuchKey":
                raise failed
        return True

    def _single(self, name: str) -> None:
        def once() -> None:
            try:
                self._client.http.call("DELETE", self._bucket, name)
            except AnswerError as error:
                if error.code != "NoSuchKey":
                    raise

        self._client.attempt(self._uri, once)


def _request(names: Sequence[str]) -> bytes:
    root = ElementTree.Element("Delete")
    ElementTree.SubElement(root, "Quiet").text = "true"
    for name in names:
        ElementTree.SubElement(ElementTree.SubElement(root, "Object"), "Key").text = name
    return ElementTree.tostring(root)
