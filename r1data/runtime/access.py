"""Who may use a service of this machine: its token, and whether only this machine reaches its address."""

import ipaddress
import os
import secrets
from pathlib import Path

from r1data.errors import UserError

SHORTEST_TOKEN = 16
"""Characters of a token at least. Ours."""
DRAW_BYTES = 24


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def draw_token() -> str:
    """A random token of 32 characters."""
    return secrets.token_urlsafe(DRAW_BYTES)


def given_token(token: str | None, token_file: str | None, variable: str) -> str | None:
    """The token that the user gave: by an option, in a file, or in the environment; None for none.

    Raises:
        UserError: it is given twice, cannot be read, or is too short or no plain text.
    """
    if token is not None and token_file is not None:
        raise UserError("--token and --token-file both say the token; leave one out")
    token = token if token_file is None else _from_file(token_file)
    if token is None:
        token = os.environ.get(variable) or None
    if token is not None and (
        len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token
    ):
        raise UserError(
            f"the token must have {SHORTEST_TOKEN} characters or more, printable ASCII without spaces; "
            "leave it out, and one is drawn"
        )
    return token


def _from_file(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--token-file {path}: {error}; name a file that holds the token alone") from error
