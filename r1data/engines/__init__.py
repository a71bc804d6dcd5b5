"""Engines: prompts as token ids in, completions out. Models and chat templates."""
