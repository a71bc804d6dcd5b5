"""Rejection sampling (R1 2.3.3): which samples are kept, and the training set built from them."""
