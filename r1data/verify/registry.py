"""Verifiers by name: ours in `VERIFIERS`, other packages' by an entry point in the group `r1.verifiers`.

A name that nobody knows and a verifier that raises give the verdict `error`: never `incorrect`.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import entry_points

from r1data.errors import UserError
from r1data.verify import choice, exact, format, math
from r1data.verify.verdict import Verdict, Verifier

GROUP = "r1.verifiers"
TIME_LIMIT = 5.0
"""Seconds for one answer, where it needs a process of its own. Ours; the paper names none."""

VERIFIERS: dict[str, Verifier] = {
    "math": math.check,
    "choice": choice.check,
    "exact": exact.check,
    "format": format.check,
    "format-r1-zero": format.check_r1_zero,
}
VERSIONS = {
    "math": math.VERSION,
    "choice": choice.VERSION,
    "exact": exact.VERSION,
    "format": format.VERSION,
    "format-r1-zero": format.VERSION,
}


def known() -> list[str]:
    """The names that `verifier` may have: ours, then those of installed packages."""
    return [*VERIFIERS, *sorted(_installed().keys() - VERIFIERS.keys())]


def version(name: str) -> str:
    """`name/version`, as in the column `verifier_version`; another package's version is its distribution's."""
    if name in VERSIONS:
        return f"{name}/{VERSIONS[name]}"
    return f"{name}/{_installed().get(name, 'none')}"


def require(name: str) -> str:
    """`name`, where there is such a verifier. Raises UserError that lists the known ones."""
    if name in VERIFIERS or name in _installed():
        return name
    raise UserError(f"no verifier called {name}; known: {', '.join(known())}")


def check(verifier: str, response: str, truth: str | None, *, time_limit: float = TIME_LIMIT) -> Verdict:
    """Verify one response by the named verifier. `time_limit` in seconds. Raises nothing but what ends the program."""
    try:
        run = VERIFIERS.get(verifier) or _load(verifier)
        return run(response, truth, time_limit)
    except UserError as error:
        return Verdict("error", None, None, str(error))
    except Exception as error:  # noqa: BLE001  a checker that fails, ours or another's, is the verdict `error`
        return Verdict("error", None, None, f"{verifier} failed with {type(error).__name__}: {error}"[:300])


def check_all(
    verifiers: Sequence[str],
    responses: Sequence[str],
    truths: Sequence[str | None],
    *,
    time_limit: float = TIME_LIMIT,
) -> list[Verdict]:
    """One verdict for each row, in order. The three sequences have one length; ValueError otherwise."""
    rows = zip(verifiers, responses, truths, strict=True)
    return [check(name, response, truth, time_limit=time_limit) for name, response, truth in rows]


@lru_cache(maxsize=1)
def _installed() -> dict[str, str]:
    """Entry points of other packages: name → version of the package."""
    return {
        point.name: point.dist.version if point.dist else "unknown" for point in entry_points(group=GROUP)
    }


@lru_cache(maxsize=64)
def _load(name: str) -> Verifier:
    require(name)
    (point, *_) = entry_points(group=GROUP, name=name)
    verifier: Verifier = point.load()
    return verifier
