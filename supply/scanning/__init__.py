"""Codes read by eyes other than a scanner's: a camera in the browser, or a photo."""
