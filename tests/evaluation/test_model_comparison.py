"""Which model is compared with which where datasets hold several."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from r1data.errors import UserError
from r1data.evaluation.comparison import compare
from r1data.evaluation.model_comparison import compare_all
from tests.evaluation.test_comparison import write

LOW, HIGH = {"a": 0.0, "b": 0.25}, {"a": 1.0, "b": 0.75}


def dataset(folder: Path, name: str, **shares: dict[str, float]) -> str:
    """Verified rows of several models, by name."""
    parts = [pq.read_table(write(folder / f"{model}.parquet", each)) for model, each in shares.items()]
    place = folder / f"{name}.parquet"
    pq.write_table(pa.concat_tables(parts), place)
    return str(place)


def test_the_two_models_of_a_dataset_are_compared(tmp_path: Path) -> None:
    result = compare_all([dataset(tmp_path, "both", tuned=HIGH, base=LOW)]).by_model[None]
    assert (result.first, result.second) == ("base", "tuned")
    main = result.measures["pass@1"]
    assert (main.first.value, main.second.value) == (0.125, 0.875)
    assert set(result.measures) >= {"pass@4", "cons@4"} and "pass@8" not in result.measures


def test_two_datasets_of_a_model_each_are_compared_whatever_its_name(tmp_path: Path) -> None:
    places = [dataset(tmp_path, "one", base=LOW), dataset(tmp_path, "other", tuned=HIGH)]
    assert compare_all(places).as_json() == compare(*places).as_json()


def test_the_same_models_in_two_datasets_are_each_compared_with_itself(tmp_path: Path) -> None:
    places = [dataset(tmp_path, "one", x=LOW, y=HIGH), dataset(tmp_path, "other", y=LOW, x=HIGH)]
    models = compare_all(places).as_json()["models"]
    differences = {name: each["measures"]["pass@1"]["difference"]["value"] for name, each in models.items()}
    assert differences == {"x": 0.75, "y": -0.75}
    assert {(each["a"], each["b"]) for each in models.values()} == {tuple(places)}


def test_models_that_do_not_pair_are_refused_by_name(tmp_path: Path) -> None:
    one, two = dataset(tmp_path, "one", x=LOW), dataset(tmp_path, "two", x=LOW, y=HIGH)
    three = dataset(tmp_path, "three", x=LOW, y=LOW, z=HIGH)
    with pytest.raises(
        UserError, match=r"one.parquet holds 1 model \(x\).*name the evaluation to compare it with"
    ):
        compare_all([one])
    with pytest.raises(
        UserError, match=r"three.parquet holds 3 models \(x, y, z\).*give a dataset of two of them"
    ):
        compare_all([three])
    with pytest.raises(
        UserError, match=r"two.parquet holds 2 models \(x, y\), .*one.parquet holds 1 model \(x\); give"
    ):
        compare_all([two, one])
    with pytest.raises(UserError, match=r"holds 3 models \(x, y, z\), .*holds 2 models \(x, y\); give"):
        compare_all([three, two])
    with pytest.raises(UserError, match=r"two.parquet holds 2 models \(x, y\); give one model's rows"):
        compare(one, two)


def test_what_was_measured_differently_is_each_models_own(tmp_path: Path) -> None:
    base = pq.read_table(write(tmp_path / "base.parquet", LOW))
    tuned = pq.read_table(write(tmp_path / "tuned.parquet", HIGH, verifier_version="math/5"))
    pq.write_table(pa.concat_tables([base, tuned]), tmp_path / "both.parquet")
    (result,) = compare_all([str(tmp_path / "both.parquet")]).by_model.values()
    assert result.settings == ['verifier_version: A "math/4", B "math/5"']
