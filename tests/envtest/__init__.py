"""A real control plane for the tests: where its programs are, and how they are built when they are not there."""
