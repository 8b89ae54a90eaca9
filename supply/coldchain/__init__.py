"""Keeping things at their temperature: ranges, readings, loggers, and what was out of range."""
