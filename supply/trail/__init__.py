"""Who did what, when and from where: reading what the audit has."""
