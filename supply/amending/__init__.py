"""Changing an order that was placed: at once before its supplier answers, by consent after."""
