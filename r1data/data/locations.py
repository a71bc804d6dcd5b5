"""Locations of rows: a path, or a URL that fsspec supports. A URL that contains a key is refused before it is used.

A URL is only shown or recorded without its userinfo and query.
"""

import os
import posixpath
import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from r1data.data.secrets import carries_key, redact
from r1data.errors import UserError

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+)://")


def scheme(uri: str) -> str | None:
    """The scheme of a URL, None for a path on this machine (`file://` is one)."""
    match = _SCHEME.match(uri)
    return match[1].lower() if match and match[1] != "file" else None


def local(uri: str | Path) -> Path:
    """The path that `uri` names.

    Raises:
        UserError: it is a URL.
    """
    text = str(uri)
    if kind := scheme(text):
        raise UserError(
            f"{redact(text)}: a local path is needed here, not {kind}://; `r1 pull` copies a dataset to one"
        )
    return Path(text.removeprefix("file://"))


def checked(uri: str) -> str:
    """`uri` as it may be used, shown and recorded.

    Raises:
        UserError: it carries a user name, a password or a key.
    """
    # up to the query: a local file may have a `?` in its name, and that of a URL is refused below in other words
    if carries_key(uri.partition("?")[0]):
        raise UserError(
            f"{redact(uri)}: a key in a URL ends up in histories and logs; put it into the environment "
            "(for s3://, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) and leave it out here"
        )
    if scheme(uri) is None:
        return uri
    parts = urlsplit(uri)
    if parts.query or parts.fragment:
        raise UserError(f"{redact(uri)}: leave out what follows the path; a query may hold a key")
    return uri.rstrip("/")


def absolute(uri: str) -> str:
    """`uri` such that it names the same from any folder."""
    return uri if scheme(uri) or uri.startswith("hf:") else str(local(uri).absolute())


def relative(uri: str, folder: str) -> str:
    """`uri` seen from the dataset at `folder`, so that both may move together; else the absolute name."""
    folder_scheme, uri_scheme = scheme(folder), scheme(uri)
    if uri.startswith("hf:") or folder_scheme != uri_scheme:
        return absolute(uri)
    if folder_scheme is None:
        return os.path.relpath(local(uri), local(folder))
    folder_url, url = urlsplit(folder), urlsplit(uri)
    return posixpath.relpath(url.path, folder_url.path) if folder_url.netloc == url.netloc else uri


def resolve(uri: str, folder: str) -> str:
    """What `relative` recorded, seen from where the dataset lies now."""
    if scheme(uri) or uri.startswith("hf:"):
        return uri
    if scheme(folder) is None:
        return str(Path(os.path.normpath(local(folder) / uri)))
    if uri.startswith("/"):
        return uri
    parts = urlsplit(folder)
    path = posixpath.normpath(posixpath.join(parts.path, uri))
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
