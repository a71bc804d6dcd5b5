"""Stages over shards, locally or on a Ray cluster; killable worker processes; progress."""
