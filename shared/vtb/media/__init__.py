"""Pictures and clips: reading, writing, frames."""
