r"""A small exact algebra for competition answers: no code is evaluated, and no approximation makes two forms equal.

`parse.parse_formula` turns a formula into a form, `decide.equal` compares two. Both are exact or raise `Unsupported`;
then math-verify decides, in a worker process. Every number, sum, power and nesting depth is bounded (`limits`), so
that no input costs more than milliseconds.
"""
