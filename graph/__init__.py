"""The knowledge graph: arrays and files in a folder that it is given. It imports nothing of the other rooms."""
