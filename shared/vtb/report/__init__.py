"""What people look at: dataset cards, contact sheets, static pages."""
