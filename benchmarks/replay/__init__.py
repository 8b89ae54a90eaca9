"""Real demand played through what a policy decides: what is met, kept, ordered and thrown away."""
