"""Adverse events after sessions, and the lots that several of them share."""
