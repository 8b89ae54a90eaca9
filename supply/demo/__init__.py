"""A demonstration: an invented practice, its suppliers, and a year that ended yesterday evening.

The year is made by calling the same services that people's clicks call, each with the instant
at which it happened, so that everything a page shows adds up. Chance comes from a fixed seed.
"""
