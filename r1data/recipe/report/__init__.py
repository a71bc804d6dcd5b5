"""The report of a run: figures and tables in the paper's manner, from the numbers in the run's folder alone.

`runs` reads folders, `measure` and `pool` make numbers with standard errors of them, `findings` turns those into
sentences, `figures` and `tables` draw, `page` puts them into one HTML file, `summary` into a few lines of text.
"""

from r1data.recipe.report.page import write
from r1data.recipe.report.runs import Run, read
from r1data.recipe.report.summary import summary
from r1data.recipe.report.text import duration

__all__ = ["Run", "duration", "read", "summary", "write"]
