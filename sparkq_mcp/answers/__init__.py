"""What a model reads: answers, their sizes and their shapes."""
