"""Cards: the gateway to Stripe, what is paid and refunded, and both books compared."""
