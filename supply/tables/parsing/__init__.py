"""What a file holds, as it stands in it: cells, not yet what they mean.

This package uses the standard library alone and imports nothing else of Supply, for it runs
in a process of its own (``child.py``) that a hostile file may bring down and nothing more.
"""
