"""Reward models (R1 2.3.4, App.): language models whose head gives one number, trained on preferences.

`pairs` makes the rows that they learn from, `run` trains one, `measures` says how far it can be trusted, `scoring` asks
one that is trained, in a folder or behind a server. `layout` is what all of them share: what such a model reads of a
response, and as which tokens.
"""
