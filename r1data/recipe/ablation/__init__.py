"""What a filter is worth: matched small trainings with and without it, compared question by question.

`chain` finds the steps of a recipe that a filter acts on, `arms` the filters to take out, `steps` writes the command
lines of each arm, `rows` gives every arm the same tokens, `comparison` has the statistics, `receipts` what is shown,
and `run` drives them all.
"""
