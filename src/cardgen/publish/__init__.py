"""Bringing a card to the Hub and back: what is written where, and never over somebody's words.

Owns the merge of cardgen's regions with what stands on the Hub, the commit and its retries, the
search for secrets, and the way from a published card to a project. The client is `hub`'s.
"""
