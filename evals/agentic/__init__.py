"""The protocol of the agentic-ranking study, over any corpus: its cells, its run files, and a scripted agent to show it with."""
