"""What a replay is made of: the queries that were issued, where they come from, and what each retriever adds."""
