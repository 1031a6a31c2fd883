"""What must be said of nobody's secrets: planted canaries, and every place where one could come to light."""
