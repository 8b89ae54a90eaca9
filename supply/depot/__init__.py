"""A supplier's own stock: kept by the ledger that clinics' stock is kept by, and shipped from."""
