"""The screening rules, pure: no IO, no clock, no asyncio, no logging; time is an argument."""
