"""Prompts → samples: plain, until enough are correct, going on with truncated ones, cold start, general prompts."""
