"""Pure functions from records to derived values, each with its interval and its trace."""
