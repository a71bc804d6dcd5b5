"""Imported before reasoning-gym, in a server that keeps it warm: a name in the place of a package that it cannot have.

reasoning-gym makes rows of two tasks with cellpylib, which imports matplotlib, which wants a folder to write to. No
scorer uses it.
"""

import sys
import types

sys.modules["cellpylib"] = types.ModuleType("cellpylib")
