"""Prompts as a model sees them: templates."""
