from ipaddress import ip_address

import pytest

from services.alerts.adapters.addresses import RefusedAddressError, allowed, refusal


@pytest.mark.parametrize(
    ("address", "by_default", "with_private"),
    [
        ("93.184.216.34", "", ""),
        ("2606:2800:220:1:248:1893:25c8:1946", "", ""),
        ("127.0.0.1", "private", ""),
        ("::1", "private", ""),
        ("10.1.2.3", "private", ""),
        ("172.16.0.1", "private", ""),
        ("192.168.1.1", "private", ""),
        ("100.64.0.1", "private", ""),
        ("fd12:3456::1", "private", ""),
        ("::ffff:10.0.0.1", "private", ""),
        ("64:ff9b::a00:1", "private", ""),
        ("169.254.169.254", "link-local", "link-local"),
        ("fe80::1", "link-local", "link-local"),
        ("::ffff:169.254.169.254", "link-local", "link-local"),
        ("64:ff9b::a9fe:a9fe", "link-local", "link-local"),
        ("2002:a9fe:a9fe::1", "link-local", "link-local"),
        ("fd00:ec2::254", "link-local", "link-local"),
        ("0.0.0.0", "no host's address", "no host's address"),
        ("::", "no host's address", "no host's address"),
        ("224.0.0.1", "no host's address", "no host's address"),
        ("255.255.255.255", "no host's address", "no host's address"),
    ],
)
def test_where_requests_may_go(address: str, by_default: str, with_private: str) -> None:
    assert refusal(ip_address(address), allow_private=False) == by_default
    assert refusal(ip_address(address), allow_private=True) == with_private


def test_of_several_addresses_only_the_allowed_ones_are_left() -> None:
    assert allowed("h", ["10.0.0.1", "93.184.216.34", "fe80::1%eth0"], False) == ["93.184.216.34"]


def test_a_host_without_an_allowed_address_is_refused_with_reasons_and_advice() -> None:
    with pytest.raises(
        RefusedAddressError, match=r"requests to h are refused: 10\.0\.0\.1 is private; set allow_private"
    ):
        allowed("h", ["10.0.0.1"], False)
    with pytest.raises(RefusedAddressError, match=r"169\.254\.1\.1 is link-local$"):
        allowed("h", ["169.254.1.1"], True)
