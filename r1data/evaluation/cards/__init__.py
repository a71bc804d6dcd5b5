"""Reproduction cards: all that decides a score, so that another folder, engine or machine can measure it again.

`card` is what the two kinds hold and how they are read (`schema`). `describing` makes the card of a model's evaluation,
`describing_responses` that of responses that were there, both from `rows`; `differences` and `response_differences`
compare two of a kind, `places` finds again what one describes, `published` compares a score with what others report. A
card lies in its dataset, under `.r1/card.json`.
"""
