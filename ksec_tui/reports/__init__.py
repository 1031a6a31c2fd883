"""What leaves the program as text: tables, JSON, documentation."""
