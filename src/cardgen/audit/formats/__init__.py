"""What the audit found, in the form that somebody reads: one module a format, all pure."""
