"""The folder of a run: its request, its checkpoints, and the model that comes out."""
