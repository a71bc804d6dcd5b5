"""Seeds of training steps."""

import hashlib


def step_seed(seed: int, step: int, process: int) -> int:
    """A 32-bit seed from a hash, so that it does not depend on earlier steps."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{step}/{process}".encode()).digest()[:4], "big")
