"""The tiny model and the scripted engine of the cold start's tests."""

from tests.sampling.cold_start.conftest import model, scripted

__all__ = ["model", "scripted"]
