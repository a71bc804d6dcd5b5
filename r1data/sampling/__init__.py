"""Prompts → samples: plain, until enough are correct, continuing truncated ones, cold start, general prompts."""
