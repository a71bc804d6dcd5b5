"""Datasets and plain files from strangers."""
