"""r1data: questions in, a reasoning model out, the way DeepSeek-R1 was made.

The folders are the pipeline: `prompts` → `engines`, `sampling` → `verify`, `readability` → `selection`
→ `training` → `evaluate` → `report`; `shards` holds the rows between them and `recipe` strings the steps together.
"""

__version__ = "0.1.0"
