"""The attack graph: who gets how from a foothold to what is worth taking, and what would cut the way.

`graph.graph` makes it, `search` finds paths, `lenses` says where attackers start and what they want, `choke`
finds what cuts most, `changes` compares two states.
"""
