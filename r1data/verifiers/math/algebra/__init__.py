r"""A small exact algebra for what competition answers are made of; nothing in it is evaluated or approximated.

`parse.read` turns a formula into a form, `decide.equal` says whether two forms are equal. Both answer exactly or raise
`Beyond`, which says nothing about right or wrong: then a computer algebra system decides, in a process of its own.
Every number, sum, power and depth is bounded (`limits`), so that no input costs more than milliseconds.
"""

from r1data.verifiers.math.algebra.decide import equal
from r1data.verifiers.math.algebra.forms import Form
from r1data.verifiers.math.algebra.limits import Alike, Beyond
from r1data.verifiers.math.algebra.parse import read

__all__ = ["Alike", "Beyond", "Form", "equal", "read"]
