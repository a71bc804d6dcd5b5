"""Recipes, and other files of settings that commands read, from strangers."""
