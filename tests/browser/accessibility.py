"""What axe-core finds wrong with a page, as lines a person can act on.

axe-core comes with axe-playwright-python and runs past the page's CSP, which stays as it is.
"""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""WCAG 2.2 levels A and AA, and what axe adds: order of headings, one h1, landmarks."""

IMPACTS = ("moderate", "serious", "critical")
"""The impacts that are told; axe's fourth is `minor`."""

_OPTIONS = {
    "runOnly": {"type": "tag", "values": list(TAGS)},
    "rules": {"target-size": {"enabled": True}},  # WCAG 2.2's 24 px; axe has it off
    "resultTypes": ["violations"],
}


async def broken_rules(page: Page) -> list[str]:
    """Return one line for each place that breaks a rule: impact, rule, place, what is wrong."""
    found = (await Axe().run(page, options=_OPTIONS)).response["violations"]
    return [
        f"{rule['impact']}: {rule['id']}: {' '.join(map(str, node['target']))}: "
        f"{' '.join(node['failureSummary'].split())}"
        for rule in found
        if rule["impact"] in IMPACTS
        for node in rule["nodes"]
    ]
