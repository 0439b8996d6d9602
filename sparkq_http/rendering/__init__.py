"""Markdown as a tree of elements that the page builds itself, so that nothing in the page parses HTML.

Its parser and the colours of code are imported by the first text that is shown.
"""
