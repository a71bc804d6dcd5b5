"""The human step: what a reviewer is asked of a row, what came back, and what becomes of the row.

Here are the rules that every tool shares. Rows go out to other tools' formats in `handover/export`, one file a tool;
what comes back is read in `label_studio` and `argilla` here, settled by `decisions` and applied by `apply`.
"""
