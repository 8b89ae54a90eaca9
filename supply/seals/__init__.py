"""Seals: hashes, chained, over what is written once: a row changed behind our back shows."""
