"""Experiments beside the recipe, in the miniature world: what the paper tried and gave up (R1 4.2)."""
