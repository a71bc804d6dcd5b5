"""Rejection sampling (R1 2.3.3): what is kept of the samples, and the set that it makes."""
