"""What a terabyte costs on rented workers, from a measured speed and stated prices.

Run: python bench/cost.py MEGABYTES_PER_CPU_SECOND [--vcpu-hour DOLLARS] [--gigabyte-hour DOLLARS]
     [--gigabytes-per-vcpu N] [--overhead SHARE]

The prices are assumptions: the defaults are what batch workers of Dataflow in one region of the
United States were listed for in 2024; look up today's. Storage and traffic are not in it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

TERABYTE = 1_000_000  # megabytes


@dataclass(frozen=True)
class Prices:
    """What is paid for a worker: dollars by vCPU and hour, and by gigabyte of memory and hour."""

    vcpu_hour: float = 0.056
    gigabyte_hour: float = 0.003557
    gigabytes_per_vcpu: float = 4.0

    @property
    def hour(self) -> float:
        """Dollars for a vCPU with its memory, by the hour."""
        return self.vcpu_hour + self.gigabyte_hour * self.gigabytes_per_vcpu


def hours_per_terabyte(speed: float, overhead: float = 0.15) -> float:
    """Return vCPU-hours.

    Args:
        speed: Megabytes of text that one CPU judges in a second, measured.
        overhead: Share of the time that goes to starting, waiting and retries.
    """
    return TERABYTE / speed / 3600 * (1 + overhead)


def dollars_per_terabyte(speed: float, prices: Prices, overhead: float = 0.15) -> float:
    """Return dollars, by the speed of `hours_per_terabyte`."""
    return hours_per_terabyte(speed, overhead) * prices.hour


def main() -> None:
    """Print a row for each speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("speeds", nargs="+", type=float, metavar="MEGABYTES_PER_CPU_SECOND")
    parser.add_argument("--vcpu-hour", type=float, default=Prices.vcpu_hour)
    parser.add_argument("--gigabyte-hour", type=float, default=Prices.gigabyte_hour)
    parser.add_argument("--gigabytes-per-vcpu", type=float, default=Prices.gigabytes_per_vcpu)
    parser.add_argument("--overhead", type=float, default=0.15)
    args = parser.parse_args()
    prices = Prices(args.vcpu_hour, args.gigabyte_hour, args.gigabytes_per_vcpu)
    print(
        "| MB per CPU second | vCPU-hours a TB | $ a TB | hours on 400 vCPUs |\n|---|---|---|---|"
    )
    for speed in args.speeds:
        hours = hours_per_terabyte(speed, args.overhead)
        dollars = dollars_per_terabyte(speed, prices, args.overhead)
        print(f"| {speed:g} | {hours:,.0f} | {dollars:,.2f} | {hours / 400:,.1f} |")


if __name__ == "__main__":
    main()
