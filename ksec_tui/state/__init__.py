"""What outlives a sitting: where one was, what one typed, bookmarks and saved views; one file for each context."""
