"""Letters of options: the verifier `choice`.

`tokens` takes a text apart by `words`, `letters` finds the letters that are announced, by their `surroundings` and
`denials`; `reading` says which of them a response gives, `options` reads the options of a prompt, and `verifier`
compares.
"""
