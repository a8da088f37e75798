"""Builders that turn official files into the tidy tables of `data/`; the only part that may touch the network."""
