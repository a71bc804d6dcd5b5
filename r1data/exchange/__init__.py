"""Handing a dataset over: verbatim copies on a disk, on S3 and on the Hugging Face hub, and the dataset card."""

from r1data.exchange.card import card
from r1data.exchange.transfer import pull, push

__all__ = ["card", "pull", "push"]
