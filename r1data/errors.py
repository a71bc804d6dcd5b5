"""The tree of errors. What each one means for the run:

R1Error
├── UserError       the user can fix it: one line, exit 1, nothing half-written
│   └── DamagedShard    a shard is not what its commit says: nothing of it is read
├── RowError        this row failed; the row is kept with its reason, the run goes on
└── RowsLost        the run ended, but rows are missing: what is there is committed, exit 1
"""


class R1Error(Exception):
    """Anything this package raises on purpose."""


class UserError(R1Error):
    """A mistake that the user can fix; the message says what, where and what to do, in one line."""


class DamagedShard(UserError):
    """A shard whose bytes, rows or schema differ from its commit."""


class RowError(R1Error):
    """One row could not be processed; the caller counts it and goes on."""


class RowsLost(R1Error):
    """The command did what it could and rows are missing; the message counts them."""
