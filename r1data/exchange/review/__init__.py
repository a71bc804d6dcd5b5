"""Human review: the questions of a review form, its results, and how they are applied to the rows.

Rows are exported by `exchange/export`, one module per tool. Results are read by `label_studio` and `argilla` here,
settled in `opinions` and applied by `apply`.
"""
