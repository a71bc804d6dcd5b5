"""Verifiers by name: ours in `VERIFIERS`, other packages' by an entry point in the group `r1.verifiers`.

A name that nobody knows and a verifier that raises give the verdict `error`: never `incorrect`.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from importlib.metadata import entry_points
from typing import cast

from r1data.errors import UserError
from r1data.verifiers import choice, exact, format, json_schema, logic, regex
from r1data.verifiers.code import verifier as code
from r1data.verifiers.judge import verifier
from r1data.verifiers.math import verifier as math
from r1data.verifiers.verdict import AnyVerifier, BatchVerifier, Case, Verdict, Verifier, takes_cases

GROUP = "r1.verifiers"
TIME_LIMIT = 5.0
"""Seconds for one answer, where it needs a process of its own. Ours; the paper names none."""

VERIFIERS: dict[str, tuple[AnyVerifier, str]] = {
    "math": (math.check, math.VERSION),
    "choice": (choice.check, choice.VERSION),
    "exact": (exact.check, exact.VERSION),
    "regex": (regex.check, regex.VERSION),
    "json-schema": (json_schema.check, json_schema.VERSION),
    "code": (code.check, code.VERSION),
    "judge": (verifier.check_all, verifier.VERSION),
    "logic": (logic.check, logic.VERSION),
    "format": (format.check, format.VERSION),
    "format-r1-zero": (format.check_r1_zero, format.VERSION),
}
"""Name → the verifier, and the version of its rules."""


def known() -> list[str]:
    """The names that `verifier` may have: ours, then those of installed packages."""
    return [*VERIFIERS, *sorted(_installed().keys() - VERIFIERS.keys())]


def version(name: str, overrides: AnyVerifier | None = None) -> str:
    """`name/version`, as in the column `verifier_version`; another package's version is its distribution's.

    A verifier that stands in for one of that name says its own, as its attribute `version`.
    """
    _, ours = VERIFIERS.get(name, (None, None))
    return f"{name}/{getattr(overrides, 'version', None) or ours or _installed().get(name, 'none')}"


def require(name: str) -> str:
    """`name`, where there is such a verifier. Raises UserError that lists the known ones."""
    if name in VERIFIERS or name in _installed():
        return name
    raise UserError(f"no verifier called {name}; known: {', '.join(known())}")


def check(
    verifier: str,
    response: str,
    truth: str | None,
    *,
    prompt: str | None = None,
    time_limit: float = TIME_LIMIT,
) -> Verdict:
    """Verify one response by the named verifier. `time_limit` in seconds. Raises nothing but what ends the program."""
    (verdict,) = _asked(verifier, None, [Case(response, truth, prompt)], time_limit, 1)
    return verdict


def check_all(
    verifiers: Sequence[str],
    responses: Sequence[str],
    truths: Sequence[str | None],
    prompts: Sequence[str | None] | None = None,
    *,
    time_limit: float = TIME_LIMIT,
    threads: int = 1,
    overrides: Mapping[str, AnyVerifier] | None = None,
) -> list[Verdict]:
    """One verdict for each row, in order.

    Args:
        prompts: what was asked; only verifiers that judge the answer to a question read it.
        time_limit: seconds a row.
        threads: rows checked at once, where a verifier takes them one by one.
        overrides: verifiers that stand in for those of their name, a judge with its model say.

    Raises:
        ValueError: the sequences differ in length.
    """
    questions = [None] * len(responses) if prompts is None else prompts
    rows: dict[str, list[int]] = {}
    cases: list[Case] = []
    for name, response, truth, prompt in zip(verifiers, responses, truths, questions, strict=True):
        rows.setdefault(name, []).append(len(cases))
        cases.append(Case(response, truth, prompt))
    verdicts: dict[int, Verdict] = {}
    for name, numbers in rows.items():
        other = (overrides or {}).get(name)
        made = _asked(name, other, [cases[number] for number in numbers], time_limit, threads)
        verdicts.update(zip(numbers, made, strict=True))
    return [verdicts[row] for row in range(len(cases))]


def _asked(
    name: str, overrides: AnyVerifier | None, cases: list[Case], time_limit: float, threads: int
) -> list[Verdict]:
    """The verdicts of one verifier; where it fails, ours or another's, that is the verdict `error`."""
    try:
        run = overrides or _load(name)
        if takes_cases(run):
            return _whole(cast(BatchVerifier, run), cases, time_limit)
        one = partial(_one, name, cast(Verifier, run), time_limit)
        if threads == 1:
            return [one(case) for case in cases]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, cases))
    except Exception as error:  # noqa: BLE001  the verdict says so
        return [_failed(name, error)] * len(cases)


def _one(name: str, verifier: Verifier, time_limit: float, case: Case) -> Verdict:
    try:
        return verifier(case.response, case.truth, time_limit)
    except Exception as error:  # noqa: BLE001  the verdict says so
        return _failed(name, error)


def _whole(verifier: BatchVerifier, cases: list[Case], time_limit: float) -> list[Verdict]:
    verdicts = verifier(cases, time_limit)
    if len(verdicts) != len(cases):
        raise ValueError(f"{len(verdicts)} verdicts for {len(cases)} responses")
    return verdicts


def _failed(name: str, error: Exception) -> Verdict:
    said = (
        str(error) if isinstance(error, UserError) else f"{name} failed with {type(error).__name__}: {error}"
    )
    return Verdict("error", None, None, said[:300])


@lru_cache(maxsize=1)
def _installed() -> dict[str, str]:
    """Entry points of other packages: name → version of the package."""
    return {
        point.name: point.dist.version if point.dist else "unknown" for point in entry_points(group=GROUP)
    }


@lru_cache(maxsize=64)
def _load(name: str) -> AnyVerifier:
    """The verifier of that name. Raises UserError on one that nobody knows."""
    if name in VERIFIERS:
        return VERIFIERS[name][0]
    require(name)
    (point, *_) = entry_points(group=GROUP, name=name)
    verifier: AnyVerifier = point.load()
    return verifier
