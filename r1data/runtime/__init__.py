"""Stages over shards, here or on a Ray cluster; workers that may be killed; progress."""
