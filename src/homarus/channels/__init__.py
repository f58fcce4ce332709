"""Every place where people are, one file each."""
