"""Rows on disk and between commands: datasets of committed Parquet shards, plain files, pipes of references."""
