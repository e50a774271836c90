"""The names of the files in a site's storage folder that several parts look for."""

LOG_FILE = "decisions.db"
STATE_FILE = "memory.state"
"""What the agent remembers of callers, so that its next start knows them."""
