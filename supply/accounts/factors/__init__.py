"""The second step at sign-in: apps that show codes, passkeys, recovery codes."""
