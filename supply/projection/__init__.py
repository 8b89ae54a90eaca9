"""What will be needed, what will be there, when to order and how much: pure functions over arrays.

Rows are items at clinics, columns are days or lots. No clock, no database: day 0 is today, and
whoever calls fills the arrays. Quantities are in *units* of the caller's choice, one per item:
containers where an item is used by whole containers, base units (ml) where one container is
shared; a unit should be no larger than one usual use.
"""
