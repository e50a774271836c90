"""The thresholds and the pressures under which the tests of the policy ask for verdicts."""

from screener.core.pressure import Pressure
from screener.core.settings import Level, PolicySettings, Thresholds

RULES = PolicySettings(
    thresholds={
        Level.CALM: Thresholds(5.0, 14.0),
        Level.RISING: Thresholds(1.0, 9.0),
        Level.FULL: Thresholds(0.5, 7.0),
    },
    refuse_from=12.0,
)
CALM = Pressure(Level.CALM, 0.0)
RISING = Pressure(Level.RISING, 0.5)
FULL_ARRIVALS = Pressure(Level.FULL, 1.0, arrivals=1.0)
FULL_TRUNK = Pressure(Level.FULL, 1.0, channels=1.0)
