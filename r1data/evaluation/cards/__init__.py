"""Reproduction cards: all that decides a score, so that another folder, engine or machine can measure it again.

`card` is what one holds and how it is read, `describing` makes it of an evaluation, `differences` compares two,
`published` compares a score with what others report. A card lies in its dataset, under `.r1/card.json`.
"""
