"""Draws: what a seed decides, from ids alone, so that neither order nor pieces change it."""

import hashlib


def draw(seed: int, *ids: str) -> int:
    """A number from 0 to 2^63 - 1 that follows from a seed and ids alone."""
    text = "\x1f".join([str(seed), *ids])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8]) >> 1
