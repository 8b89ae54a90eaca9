"""Sending goods back: asked by the clinic, authorised by its supplier, sent, received, credited."""
