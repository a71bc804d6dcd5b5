"""Finds the files that ship with the code: `schemas/` and `recipes/`.

In a checkout they are at the top level; an installed wheel has them inside the package, so that no folders of these
names appear in site-packages.
"""

from pathlib import Path

PACKAGE_VERSION = "0.1.0"
PACKAGE = Path(__file__).resolve().parents[1]


def resource(folder: str) -> Path:
    """Path of a shipped folder, `schemas` or `recipes`."""
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder
