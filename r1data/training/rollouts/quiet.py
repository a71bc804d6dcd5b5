"""What vLLM and what it loads write on stderr by themselves, kept off it."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Within it this process writes nothing on stderr, libraries in C among it. Exceptions pass."""
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        with tempfile.TemporaryFile() as chatter, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.dup2(chatter.fileno(), 2)
            yield
    finally:
        sys.stderr.flush()
        os.dup2(stderr, 2)
        os.close(stderr)
