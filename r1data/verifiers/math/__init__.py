"""Answers in mathematics: the verifier `math`.

`fast` reads what most answers are, by way of `spelling`, `numbers`, `units`, `quantities` and `relations`, into
`values`; `agreement` says when two agree. `algebra` holds formulas exactly; what is beyond it goes by way of
`formulas` to math-verify in a killable process, `worker`. `verifier` finds the answer and gives the verdict.
"""
