"""Imported before reasoning-gym in a server that preloads it: a stub for a package that is not available in the
sandbox.

reasoning-gym generates rows of two tasks with cellpylib, which imports matplotlib, which needs a writable folder. No
scorer uses it.
"""

import sys
import types

sys.modules["cellpylib"] = types.ModuleType("cellpylib")
