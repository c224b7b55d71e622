"""Tests with real neighbours of the program."""
