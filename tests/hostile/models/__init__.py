"""Model folders made to harm whoever loads them."""
