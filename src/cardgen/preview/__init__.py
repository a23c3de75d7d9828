"""A card as the Hub shows it, in one HTML file that needs nothing else.

Nothing here writes a card or asks a network; the file itself asks none either.
"""
