"""Units and other words beside numbers.

`units` reads what follows a number, by the tables `table`, `table_cjk`, `money` and `scales`, the names in `names` and
the grammar in `parse`; `measures` compares, `labels`, `nouns` and `counters` know what is counted, `asked` what a
prompt asks for, `clock` times and dates.
"""
