"""GRPO: prompts, the trainer, the run."""
