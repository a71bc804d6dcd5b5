"""What is installed by an extra: which one brings a package that is not here."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires

NOT_USERS = ("dev", "docs")
"""Extras for those who work on r1 itself."""
_REQUIREMENT = re.compile(r"""([\w.-]+).*;\s*extra\s*==\s*["']([\w.-]+)["']""")


def missing_package(error: ModuleNotFoundError) -> str | None:
    """The line for an import that failed for want of an optional package; None where the package is none of those."""
    package = (error.name or "").partition(".")[0]
    extras = [f"'r1data[{extra}]'" for extra in extras_of(package)]
    if not extras:
        return None
    return f"this needs {package}, which is not installed; install it: pip install {' or '.join(extras)}"


def extras_of(package: str) -> list[str]:
    """The extras that declare a package, in the order of `pyproject.toml`."""
    try:
        lines = requires("r1data") or []
    except PackageNotFoundError:  # a checkout on the path that is not installed
        return []
    declared = [match.groups() for line in lines if (match := _REQUIREMENT.match(line))]
    name = package.replace("_", "-").lower()
    return [
        extra for declared_name, extra in declared if declared_name.lower() == name and extra not in NOT_USERS
    ]
