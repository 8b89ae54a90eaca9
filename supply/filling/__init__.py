"""Filling the basket: from a pasted list, the last order, a list kept for it."""
