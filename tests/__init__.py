"""Supply's tests, in the same folders as the product."""
