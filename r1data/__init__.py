"""r1data: questions in, a reasoning model out, the way DeepSeek-R1 was made.

The folders are the pipeline: `engines` and `sampling` write responses, `verifiers` and `filters` judge them,
`selection` makes the set, `training` and `evaluation` follow. `data` holds the rows between them, `runtime` the
processes, `sandbox` the programs of strangers; `lineage` and `exchange` look at datasets and hand them over, `recipe`
strings the steps together.
"""

from r1data.data.resources import PACKAGE_VERSION

__version__ = PACKAGE_VERSION
