"""Jobs someone already wrote, one file or folder each."""
