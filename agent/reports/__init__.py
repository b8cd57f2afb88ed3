"""An answer as a document to keep: one numbering of sources, in Markdown or HTML."""
