"""Human review: the questions of a review form, its results, and how they are applied to the rows.

`r1 review` keeps its own desk: `desk` deals rows (`dealing`), keeps entries in a `journal`, and tells how far reviewers
agree (`agreement`). Rows for other tools are exported by `exchange/export`, one module per tool. Results are read by
`desk_journal`, `label_studio` and `argilla`, settled in `opinions` and applied by `apply`.
"""
