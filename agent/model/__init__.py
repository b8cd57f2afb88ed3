"""The language model behind an OpenAI-compatible endpoint: requests, replies, failures, and who pays."""
