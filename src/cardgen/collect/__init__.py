"""Measuring: collectors found, their environments built, their jobs planned and run.

Knows cards and records; prints nothing.
"""
