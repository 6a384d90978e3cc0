"""Mutants of the engine: small changes that the unit tests have to notice."""
