"""Programs against tests: the verifier `code`, and what else can be said of a program (`scores`).

`program` finds the program in a response, `truth` reads tests in the notations of public sets, `asserts`, `straight`
and `constants` take asserts apart so that no wanted value goes in, `runs` runs, `compare` compares outside,
`verifier` says what comes of it all.
"""
