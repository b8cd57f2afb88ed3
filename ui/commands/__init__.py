"""The commands of `fathom`: one file each, and what they share."""
