"""Terms of supply: what a supplier asks for an order to be taken, sent and paid."""
