"""The account between a supplier and a practice: what is open, what was paid, what blocks."""
