"""Rows for reward models, made from samples by a judge (R1 2.3.4, App.).

`candidates` puts responses to one prompt into pairs, `lengths` balances the chosen and rejected ones, `pairs` and
`labels` are the two stages, `run` runs them over a dataset.
"""
