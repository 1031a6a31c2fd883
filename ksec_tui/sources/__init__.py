"""Where cluster state comes from: live cluster, files, saved snapshots, the demo."""
