"""A tiny call center under attack that plays in a fraction of a second, for tests."""

from screener.sim.model import Attack, CenterSite, Numbers, Scenario, Solving, Wave

SITE = CenterSite("tiny", operators=4, channels=14, hourly=(60.0,) * 12, history_days=2)
QUIET = Scenario(
    "calm", "tiny", "nobody attacks", lasts=1200.0, judged=(0.0, 1200.0), split="quiet"
)
FLOOD = Scenario(
    "flood",
    "tiny",
    "two attacks at once",
    attacks=(
        Attack("one", Wave(700.0, begins=300.0, lasts=600.0), Numbers.POOL, pool=2),
        Attack(
            "many",
            Wave(900.0, begins=300.0, lasts=600.0),
            Numbers.FRESH,
            attestation={"invalid": 0.5, "C": 0.5},
            solving=Solving.SOLVE,
            solves=0.5,
        ),
    ),
    lasts=1200.0,
)
