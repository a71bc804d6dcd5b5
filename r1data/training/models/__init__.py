"""The model that is trained: its positions, its adapters, and how it is loaded and sharded."""
