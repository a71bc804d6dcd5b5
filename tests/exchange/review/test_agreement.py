"""Agreement of reviewers: published worked examples, and what holds for any decisions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.exchange.review.agreement import agreement, cohen_kappa, krippendorff_alpha

CATEGORIES = ("accept", "edit", "reject")
DECISIONS = st.sampled_from(CATEGORIES)
PAIRS = st.lists(st.tuples(DECISIONS, DECISIONS), max_size=30)
UNITS = st.lists(st.lists(DECISIONS, max_size=5), max_size=20)


def reliability_data() -> list[list[str]]:
    """The four observers and twelve units of Krippendorff's section C, `.` for a missing value."""
    a = "123321412..."
    b = "1233224125.3"
    c = ".3332342251."
    d = "12332441251."
    return [[value for value in unit if value != "."] for unit in zip(a, b, c, d, strict=True)]


def test_krippendorffs_own_example_of_nominal_data() -> None:
    """K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: alpha = 0.743."""
    assert krippendorff_alpha(reliability_data()) == pytest.approx(0.743, abs=5e-4)


def test_krippendorffs_own_example_of_two_observers_and_two_values() -> None:
    """The same, section A: meg and owen on ten units, alpha = 0.095."""
    meg, owen = "0100000100", "1110010000"
    assert krippendorff_alpha([[a, b] for a, b in zip(meg, owen, strict=True)]) == pytest.approx(
        0.095, abs=5e-4
    )


def test_krippendorffs_own_example_of_two_observers_and_five_values() -> None:
    """The same, section B: ben and gerry on twelve units, alpha = 0.692."""
    ben, gerry = "aabbdcccedda", "babbbccceddd"
    assert krippendorff_alpha([list(pair) for pair in zip(ben, gerry, strict=True)]) == pytest.approx(
        0.692, abs=5e-4
    )


def test_cohens_kappa_of_a_published_table() -> None:
    """Fifty proposals, 20 both yes, 15 both no, 5 and 10 apart: kappa = 0.4 (the usual textbook table)."""
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    assert cohen_kappa(pairs) == pytest.approx(0.4)


@given(PAIRS)
def test_kappa_is_symmetric_and_at_most_one(pairs: list[tuple[str, str]]) -> None:
    kappa = cohen_kappa(pairs)
    assert kappa == cohen_kappa([(b, a) for a, b in pairs])
    assert kappa is None or -1 <= kappa <= 1


@given(PAIRS.filter(bool))
def test_full_agreement_is_one_or_undefined(pairs: list[tuple[str, str]]) -> None:
    same = [(a, a) for a, _ in pairs]
    expected = 1.0 if len({a for a, _ in pairs}) > 1 else None
    assert cohen_kappa(same) == expected
    assert krippendorff_alpha([[a, a, a] for a, _ in pairs]) == expected


@given(UNITS)
def test_alpha_knows_no_order_and_no_unpaired_value(units: list[list[str]]) -> None:
    alpha = krippendorff_alpha(units)
    paired = [unit[::-1] for unit in units if len(unit) > 1]
    again = krippendorff_alpha(paired[::-1])
    assert (alpha is None) == (again is None)
    if alpha is not None and again is not None:
        assert math.isclose(alpha, again, abs_tol=1e-12) and alpha <= 1


@given(UNITS)
def test_alpha_is_what_its_coincidence_matrix_gives(units: list[list[str]]) -> None:
    """Section C step by step, in place of the short form."""
    matrix = dict.fromkeys([(c, k) for c in CATEGORIES for k in CATEGORIES], 0.0)
    for unit in units:
        for number, c in enumerate(unit):
            for other, k in enumerate(unit):
                if number != other:
                    matrix[c, k] += 1 / (len(unit) - 1)
    margins = {c: sum(matrix[c, k] for k in CATEGORIES) for c in CATEGORIES}
    total = sum(margins.values())
    expected = sum(margins[c] * margins[k] for c in CATEGORIES for k in CATEGORIES if c != k)
    alpha = krippendorff_alpha(units)
    if expected < 1e-9:
        assert alpha is None
    else:
        apart = sum(count for (c, k), count in matrix.items() if c != k)
        assert alpha == pytest.approx(1 - (total - 1) * apart / expected)


def test_without_rows_that_two_read_nothing_is_defined() -> None:
    figures = agreement([{"ana": "accept"}, {}, {"ben": "reject"}])
    assert (figures.rows, figures.share_equal, figures.alpha, figures.pairs) == (0, None, None, ())
    assert cohen_kappa([]) is None and krippendorff_alpha([]) is None


def test_each_pair_of_reviewers_has_its_rows() -> None:
    rows = [
        {"ana": "accept", "ben": "accept"},
        {"ana": "reject", "ben": "accept", "cy": "reject"},
        {"cy": "edit"},
    ]
    figures = agreement(rows)
    assert (figures.rows, figures.share_equal) == (2, 0.5)
    assert [(each.first, each.second, each.rows, each.equal) for each in figures.pairs] == [
        ("ana", "ben", 2, 1),
        ("ana", "cy", 1, 1),
        ("ben", "cy", 1, 0),
    ]
