"""Answers in mathematics: the verifier `math`.

`answers` finds the answer (`sentences` where it is one). `spelling` takes off what changes only the look (`dressing`,
`glyphs`, `notation`); `fast` reads what most answers are, by way of `numbers`, `units`, `quantities` and `relations`,
into `values`: sets by a condition in `conditions` and `reals`, systems in `systems`. `agreement` says when two agree,
with `lists` and `families`. `algebra` holds formulas exactly; what is beyond it goes by way of `formulas` to
math-verify in a killable process, `worker`. `truths` reads the truth, `second_looks` is for pairs that none of this
decides, and `verifier` gives the verdict.
"""
