"""What people look at: dataset cards, galleries, static pages."""
