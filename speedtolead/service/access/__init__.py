"""Who somebody is, and what people changed."""
