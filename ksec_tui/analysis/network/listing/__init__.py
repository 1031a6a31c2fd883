"""Lists of what may connect to what: every pair of workloads and ranges of addresses with its connections."""
