from screener.core.settings import (
    DEFAULT_GROUPS,
    DEFAULT_SIGNALS,
    SEVERITY,
    Action,
    KeyField,
    Level,
    PressureSettings,
    Settings,
)

DEFAULTS = Settings()


def test_severity_ranks_every_action_once_from_mild_to_severe() -> None:
    assert sorted(SEVERITY) == sorted(Action)
    assert (SEVERITY[0], SEVERITY[-1]) == (Action.ADMIT, Action.DROP)


def test_two_settings_share_no_table_that_one_could_change_for_the_other() -> None:
    one, other = Settings(), Settings()
    one.signals.clear()
    one.groups.clear()
    assert other.signals == DEFAULT_SIGNALS
    assert other.groups == DEFAULT_GROUPS


def test_the_embedded_thresholds_grow_stricter_with_pressure_and_never_cross() -> None:
    ladder = [DEFAULTS.policy.thresholds[level] for level in Level]
    assert all(one.challenge < one.drop for one in ladder)
    assert sorted(ladder, key=lambda one: -one.challenge) == ladder
    assert sorted(ladder, key=lambda one: -one.drop) == ladder


def test_the_embedded_levels_can_be_entered_and_left() -> None:
    pressure = PressureSettings()
    assert pressure.hysteresis < pressure.rising_at < pressure.full_at
    for marks in (pressure.queue, pressure.channels, pressure.arrivals):
        assert marks.calm < marks.full


def test_one_signal_alone_never_drops_a_caller_while_it_is_calm_but_the_deny_list() -> None:
    drop = DEFAULTS.policy.thresholds[Level.CALM].drop
    severe = [name for name, spec in DEFAULT_SIGNALS.items() if spec.points >= drop]
    assert severe == ["deny-list"]


def test_one_limit_alone_never_drops_a_caller_while_it_is_calm() -> None:
    drop = DEFAULTS.policy.thresholds[Level.CALM].drop
    assert max(limit.points for limit in DEFAULTS.limits) < drop


def test_every_group_of_the_signals_is_capped_around_nothing() -> None:
    assert all(cap.low <= 0.0 <= cap.high for cap in DEFAULT_GROUPS.values())


def test_the_embedded_limits_have_names_of_their_own_and_a_key() -> None:
    names = [limit.name for limit in DEFAULTS.limits]
    assert len(set(names)) == len(names)
    assert all(limit.key and set(limit.key) <= set(KeyField) for limit in DEFAULTS.limits)


def test_nobody_is_blocked_before_an_admin_says_so() -> None:
    assert DEFAULTS.mode.value == "observe"
