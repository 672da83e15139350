"""A small Internet of NSD servers in a network namespace, and what is needed to ask resolvers about it."""
