"""card.yaml and cardgen.yaml: a validated specification of cards and their project."""
