"""Hostile programs, as the user who runs the tests: each is contained, and leaves nothing to the next."""

from collections.abc import Iterator

import pytest

from r1data.sandbox.probe import WAYS, leak
from tests.attacks.attack import World, fault, world
from tests.attacks.every import ATTACKS


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("outside")) as made:
        yield made


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_contained(name: str, way: str, outside: World) -> None:
    assert not fault(ATTACKS[name], outside, way)


@pytest.mark.parametrize("way", WAYS)
def test_the_probe_finds_no_leak(way: str) -> None:
    assert leak(way) == ""
