"""Recalls: lots that a supplier calls back, and the practices that answer for them."""
