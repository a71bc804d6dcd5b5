"""Open answers compared in pairs by a judge: how often one model's beats another's, and how far the judge is biased.

`matches` puts the responses of two models into pairs, `published` reads pairs with people's choices, `asking` asks the
judge in both orders, `style` says in what answers differ besides what they say, `control` takes that out of the win
rate, `biases` measures the judge, `agreement` compares it with people, `report` joins the figures, `run` runs it all.
"""
