"""Rows on disk and between commands: datasets of committed Parquet shards, plain files, references in pipes."""
