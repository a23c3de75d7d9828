"""Records as tables: header trees, rows, cells with value, digits and trace."""
