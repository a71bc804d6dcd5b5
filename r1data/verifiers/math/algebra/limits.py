"""How large anything in this algebra may grow. Beyond it, a process with limits of its own takes over."""

BITS = 24_000
"""Of a coefficient: room for 2006!."""
TERMS = 150
"""Of a polynomial; ten times as many products while two are multiplied."""
POWER = 40
"""The highest power to which a sum is multiplied out."""
TOKENS = 400
DEPTH = 30


class Beyond(Exception):
    """This algebra cannot read, hold or decide it. It says nothing about right or wrong."""


class Alike(Beyond):
    """Not decided, but equal to 60 digits: whoever calls them different may follow another convention."""
