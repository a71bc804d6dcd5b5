"""`ifeval`: instructions that a program can check, the twenty-five types of IFEval (arXiv 2311.07911).

An instruction is an entry of `INSTRUCTIONS` (`registry`): its id, its arguments, and a rule that says of a text whether
it follows it. The rules are those of the set's own checker, so that scores can be compared, but for what there is left
to chance or to a program that is not here: `docs/verify.md` lists the differences.
"""
