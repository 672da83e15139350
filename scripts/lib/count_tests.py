"""Counts tests: count_tests.py JUNIT GTEST_FOLDER CTEST_STATUS prints "passed failed skipped".

A ctest that is a GoogleTest binary left NAME.xml in GTEST_FOLDER and counts with all its cases;
any other counts as one. A binary that failed without a failed case (it crashed, or a sanitizer
spoke at its end) counts as one more failure.
"""

import os
import sys
import xml.etree.ElementTree


def root_of(path):
    try:
        return xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return None


def count_binary(root, failed):
    number = lambda name: int(root.get(name, 0))
    skipped = sum(1 for case in root.iter("testcase") if case.find("skipped") is not None)
    bad = number("failures") + number("errors")
    not_run = sum(1 for case in root.iter("testcase") if case.get("status") == "notrun")
    good = number("tests") - bad - skipped - not_run
    if failed and bad == 0:
        bad = 1
    return good, bad, skipped + not_run


def main():
    junit, folder, status = sys.argv[1:4]
    root = root_of(junit)
    if root is None:
        print("0 1 0" if status != "0" else "0 0 0")
        return
    totals = [0, 0, 0]
    for case in root.iter("testcase"):
        failed = case.find("failure") is not None or case.get("status") == "fail"
        skipped = not failed and case.get("status") in ("notrun", "disabled")
        binary = root_of(os.path.join(folder, case.get("name", "") + ".xml"))
        counts = (0, 0, 1) if skipped else (0, 1, 0) if failed else (1, 0, 0)
        if binary is not None and not skipped:
            counts = count_binary(binary, failed)
        totals = [left + right for left, right in zip(totals, counts)]
    if status != "0" and totals[1] == 0:
        totals[1] = 1
    print(*totals)


if __name__ == "__main__":
    main()
