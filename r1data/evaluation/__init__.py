"""pass@1, pass@k and cons@k of a model (R1 section 3)."""
