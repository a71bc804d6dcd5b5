"""Unpacks tests as LiveCodeBench stores them: JSON in a pickle, in zlib, in base64. Nothing of a pickle is run.

Of the pickle only texts and plain containers are allowed, and its longest text is taken for the JSON; any other is
refused. What is unpacked is bounded, so that no truth fills the memory.
"""

import base64
import binascii
import pickletools
import re
import zlib

LARGEST = 64 << 20
"""Bytes that are unpacked at most."""
_PACKED = re.compile(r"eJ[A-Za-z0-9+/\s]+={0,2}\s*")
_PLAIN = frozenset(
    ("PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT", "BINGET", "LONG_BINGET", "GET",
     "EMPTY_DICT", "EMPTY_LIST", "SETITEM", "SETITEMS", "APPEND", "APPENDS", "NONE", "NEWTRUE", "NEWFALSE",
     "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE")
)  # fmt: skip
"""Operations of pickles that make nothing but texts, containers of them, and None."""


def is_packed(text: str) -> bool:
    """Whether a text looks like zlib in base64."""
    return text.startswith("eJ") and bool(_PACKED.fullmatch(text))


def unpacked(text: str) -> str | None:
    """The JSON in a packed text, or None where there is none that is read here."""
    try:
        reader = zlib.decompressobj()
        data = reader.decompress(base64.b64decode(text), LARGEST)
    except (binascii.Error, ValueError, zlib.error):
        return None
    if reader.unconsumed_tail or not reader.eof:
        return None
    if data[:1] in (b"{", b"["):
        return data.decode("utf-8", "replace")
    texts = []
    try:
        for operation, argument, _ in pickletools.genops(data):
            if operation.name not in _PLAIN:
                return None
            if isinstance(argument, str):
                texts.append(argument)
    except Exception:  # noqa: BLE001 whatever a broken pickle makes of the reader: there is no JSON
        return None
    return max(texts, key=len, default=None)
