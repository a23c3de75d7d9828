"""Specification, records and language to text: templates, escaping, code and commands."""
