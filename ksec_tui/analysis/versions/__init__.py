"""What versions tell: how long they are supported, whether they fit together, which flaws they have."""
