"""What a recipe will yield and cost, from a pilot."""
