"""A model as a judge, where rules cannot decide (R1 2.3.3; App., listing 4: question, reference, answer in, JSON out).

`prompt` shows a model texts that nobody vouches for, `asking` asks any engine k times and remembers the answers,
`answers` reads them, `judge` makes verdicts, `pairs` compares two answers, `review` says which rows of a table a judge
gets, `agreement` how far verdicts of a judge and of rules agree.
"""
