"""WTForms: the shape of pages."""
