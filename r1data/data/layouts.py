"""How a response is laid out: think tags, or the special tokens of the paper's cold start (R1 2.3.1).

The paper writes `|special_token|<reasoning>|special_token|<summary>` and does not name the token. A row in that layout
is told by its own columns: the response is token, `reasoning`, the same token, `answer`, and nothing else.

Not here: taking a response apart (`r1data.data.responses`).
"""

from collections.abc import Iterable
from typing import Literal

from r1data.data.responses import CLOSE, OPEN

Layout = Literal["think", "special-token"]
SPECIAL_TOKEN = "|special_token|"


def with_tags(reasoning: str, answer: str) -> str:
    """Thoughts between think tags, the answer after them."""
    return f"{OPEN}\n{reasoning}\n{CLOSE}\n\n{answer}"


def with_tokens(reasoning: str, answer: str, token: str = SPECIAL_TOKEN) -> str:
    """The paper's layout."""
    return f"{token}{reasoning}{token}{answer}"


def token_of(response: str, reasoning: str | None, answer: str | None) -> str | None:
    """The special token that a response is laid out with; None where it has another layout."""
    if not reasoning or answer is None:
        return None
    length, odd = divmod(len(response) - len(reasoning) - len(answer), 2)
    if length < 1 or odd or not response.startswith(reasoning, length):
        return None
    token = response[:length]
    return token if response == with_tokens(reasoning, answer, token) else None


def as_tagged(
    responses: Iterable[str | None], reasoning: Iterable[str | None], answers: Iterable[str | None]
) -> list[str | None]:
    """The responses as verifiers and filters read them: those laid out with special tokens get think tags."""
    rows = zip(responses, reasoning, answers, strict=True)
    return [with_tags(r or "", a or "") if token_of(text or "", r, a) else text for text, r, a in rows]
