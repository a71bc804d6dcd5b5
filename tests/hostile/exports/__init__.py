"""Exports and dataset cards of rows and commits that are full of markup, paths and formulas."""
