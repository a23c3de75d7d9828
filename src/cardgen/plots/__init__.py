"""The room that turns a described plot into the bytes of an SVG or a PNG.

Owns how a plot looks and how it says what it was drawn from. It must not know records, languages
or files: the caller resolves every word and number first, and writes the bytes afterwards.

`figure` and `stamp` are cheap to import; `draw` brings matplotlib, so import it only to draw.
"""
