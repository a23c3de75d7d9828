"""The only room that knows the Hub's client: repositories read and written, trouble told apart.

Endpoint and token come by huggingface_hub's own ways and by no other; every request has a
time-out. Must not know what a card is, nor decide what is written.
"""
