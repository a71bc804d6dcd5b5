"""The report of a run: figures and tables in the paper's manner, from the numbers in the run's folder alone.

`runs` reads folders and scores evaluations, `pool` averages over seeds with standard errors, `findings` turns numbers
into sentences, `figures` and `tables` draw, `page` puts all into one HTML file.
"""
