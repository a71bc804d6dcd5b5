"""The state of runs for the window: recipes step by step, trainings with their metrics, read as they grow."""
