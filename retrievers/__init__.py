"""All that turns rankings into rankings, and the corpus and the index that they run over."""
