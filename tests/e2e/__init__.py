"""Whole imports through the program, compared with the oracle."""
