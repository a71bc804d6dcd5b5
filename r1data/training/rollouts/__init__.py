"""Rollouts of GRPO: what is generated with, what is measured, what got no reward."""
