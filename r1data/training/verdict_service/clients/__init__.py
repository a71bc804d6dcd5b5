"""What trainers need to ask the service: `client`, and a file for each trainer whose shape differs from ours.

Each stands on the standard library alone, so that it works in the environment of another trainer. OpenRLHF and NeMo Gym
need no file: they ask by HTTP themselves, and the service answers in their shapes.
"""
