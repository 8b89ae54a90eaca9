"""Value added tax: which category and rate a sale has, who is registered where, the rates."""
