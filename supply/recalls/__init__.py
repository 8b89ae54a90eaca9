"""What went wrong with goods: adverse events after sessions and their lots, and recalls."""
