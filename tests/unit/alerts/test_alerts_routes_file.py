from decimal import Decimal
from pathlib import Path

import pytest

from services.alerts.adapters.routes_file import ConfigError, Routing, load_routing
from services.alerts.adapters.webhook import Target
from services.alerts.domain.routes import Route

SHIPPED = Path(__file__).parents[3] / "config" / "routes.yaml"
SECRET = "whsec_" + "c2VjcmV0" * 4
GOOD = """\
receivers:
  care:
    url: https://care.example/hook
    secret: {env: CARE_SECRET}
    timeout_seconds: 3
    allow_private: true
routes:
  - name: money
    kind: [payment_failed, parcel_*]
    severity: high
    shop: main
    carrier: dhl
    stage: checkout
    cause: shipping_cost
    value_at_risk: {EUR: 200.50}
    replay: true
    receivers: care
  - receivers: [care, care]
"""


def load(tmp_path: Path, text: str = GOOD, **environment: str) -> Routing:
    file = tmp_path / "routes.yaml"
    file.write_text(text)
    return load_routing(file, {"CARE_SECRET": SECRET, **environment})


def test_a_file_says_routes_in_order_and_targets(tmp_path: Path) -> None:
    assert load(tmp_path) == Routing(
        routes=(
            Route(
                "money",
                ("care",),
                kind=("payment_failed", "parcel_*"),
                severity="high",
                shop=("main",),
                carrier=("dhl",),
                stage=("checkout",),
                cause=("shipping_cost",),
                value_at_risk={"EUR": Decimal("200.5")},
                replay=True,
            ),
            Route("number 2", ("care",)),
        ),
        targets={"care": Target("care", "https://care.example/hook", SECRET, 3, True)},
        unconfigured={},
    )


def test_the_shipped_file_records_until_a_url_is_set() -> None:
    routing = load_routing(SHIPPED, {})

    assert routing.routes == (Route("urgent", ("default",), severity="high"),)
    assert routing.targets == {}
    assert routing.unconfigured == {"default": "receiver default is not configured: set WAYPOST_WEBHOOK_URL"}


def test_the_shipped_file_sends_where_the_environment_says(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    url = "https://hooks.example/1"

    routing = load_routing(SHIPPED, {"WAYPOST_WEBHOOK_URL": url, "WAYPOST_WEBHOOK_SECRET_FILE": str(secret)})

    assert routing.targets == {"default": Target("default", url, SECRET)}
    assert routing.unconfigured == {}


def test_neither_url_nor_secret_is_shown() -> None:
    shown = repr(Target("care", "https://care.example/hook?token=abc", SECRET))

    assert SECRET not in shown
    assert "token" not in shown


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("parcel_*", "parcle_*", r"routes\.yaml:9: routes\.0\.kind: no kind of pain point is called 'parcle_\*'"),
        ("severity: high", "severity: hihg", r"routes\.yaml:10: routes\.0\.severity: no severity is called 'hihg'"),
        ("stage: checkout", "stage: chekout", r"routes\.yaml:13: routes\.0\.stage: no stage is called 'chekout'"),
        ("cause: shipping_cost", "cause: price", r"routes\.yaml:14: routes\.0\.cause: no cause is called 'price'"),
        ("{EUR: 200.50}", "{euro: 1}", r"routes\.yaml:15: routes\.0\.value_at_risk\.euro"),
        ("replay: true", "replays: true", r"routes\.yaml:16: routes\.0\.replays: an unknown key"),
        ("receivers: care", "receivers: []", r"routes\.yaml:17: routes\.0\.receivers"),
        ("receivers: care", "receivers: cara", r"routes\.yaml:17: routes\.0\.receivers.*'cara'; there are: care"),
        ("https://care", "ftp://care", r"routes\.yaml:2: receivers\.care: its URL must begin with https://"),
        ("https://care", "https://me:pw@care", r"routes\.yaml:2: receivers\.care: .*must not hold a user"),
        ("{env: CARE_SECRET}", SECRET, r"routes\.yaml:4: receivers\.care\.secret: a secret is never written"),
        ("{env: CARE_SECRET}", "{}", r"routes\.yaml:4: receivers\.care\.secret: expected either"),
        ("CARE_SECRET", "NO_SECRET", r"routes\.yaml:2: receivers\.care: .*set NO_SECRET or NO_SECRET_FILE"),
        ("{env: CARE_SECRET}", "{file: /nowhere}", r"routes\.yaml:2: receivers\.care: .*cannot be read from /nowhere"),
        ("timeout_seconds: 3", "timeout_seconds: 0", r"routes\.yaml:5: receivers\.care\.timeout_seconds"),
        ("allow_private: true", "allow_private: maybe", r"routes\.yaml:6: receivers\.care\.allow_private"),
        ("  care:\n", "  Care Team:\n", r"routes\.yaml:2: receivers\.Care Team"),
        ("  care:\n", "  care:\n    type: pigeon\n", r"routes\.yaml:3: receivers\.care\.type: Input should be 'web"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, GOOD.replace(old, new, 1))


@pytest.mark.parametrize("secret", ["whsec_short", "not base64 at all!", "whsec_" + "QUJD" * 40])
def test_a_secret_that_is_none_is_refused_without_showing_it(tmp_path: Path, secret: str) -> None:
    with pytest.raises(ConfigError, match=r"its secret \(CARE_SECRET or CARE_SECRET_FILE\) must be") as refused:
        load(tmp_path, CARE_SECRET=secret)

    assert secret not in str(refused.value)


def test_a_flag_from_the_environment_is_read_or_refused(tmp_path: Path) -> None:
    text = GOOD.replace("allow_private: true", "allow_private: {env: INSIDE}")

    assert load(tmp_path, text).targets["care"].allow_private is False
    assert load(tmp_path, text, INSIDE="1").targets["care"].allow_private is True
    with pytest.raises(ConfigError, match="INSIDE must be true or false, not 'perhaps'"):
        load(tmp_path, text, INSIDE="perhaps")
