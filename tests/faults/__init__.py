"""What a server, a proxy or a network can do to a load, stage by stage, and what may come of it."""
