"""Size limits of the exact algebra, and the exception that is raised where one is exceeded.

Whatever exceeds them goes to math-verify, in a worker process with its own time and memory limits.
"""

BITS = 24_000
"""Bits of a coefficient's numerator or denominator; 2006! fits."""
TERMS = 150
"""Terms of a polynomial; a product may pass through ten times as many before like terms are collected."""
POWER = 40
"""Highest exponent to which a sum is expanded, and highest degree of a root."""
TOKENS = 400
"""Tokens of a formula."""
DEPTH = 30
"""Nesting depth of a formula, in brackets."""
OPERANDS = 40
"""Operands within each other, with brackets or without: `√√√2` needs none. Keeps the parser far from Python's own limit
of recursion, which would end it in an error."""


class Unsupported(Exception):
    """The exact algebra cannot parse, represent or decide a formula; this is no statement about correctness."""


class PossiblyEqual(Unsupported):
    """Not decided exactly, but equal to 60 digits: a verdict "different" could only rest on a convention."""
