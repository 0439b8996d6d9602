"""What each task changed."""
