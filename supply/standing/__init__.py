"""Standing orders: a template ordered again and again, by itself."""
