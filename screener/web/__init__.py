"""The admin in a browser: watch, review, tune. A process of its own beside the agent."""
