"""Defects that the suite must catch, as data."""
