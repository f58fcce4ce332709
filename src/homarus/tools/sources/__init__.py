"""Every place that is read again and again, one file each."""
