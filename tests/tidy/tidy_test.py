#!/usr/bin/env python3
"""Shows that each rule of tidy.py fires: plants one violation in a small tree and expects exactly it."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import tidy  # noqa: E402 (the path comes first)

HEAD = "// What this is.\n#pragma once\n"
UNFINISHED_WORD = "TO" + "DO"
WORKPLACE_PATH = "/wo" + "rk/main/x"

# (rule, file, text)
VIOLATIONS = [
    ("include", "wire/a.cc", '#include "cache/cache.h"\n'),
    ("include", "net/a.cc", '#include "wire/name.h"\n'),
    ("include", "config/a.h", HEAD + '#include "wire/name.h"\n'),
    ("include", "base/a.cc", '#include "ip.h"\n'),
    ("include", "resolver/a.cc", '#include "server/clock.h"\n'),
    ("clock", "resolver/a.cc", "auto now = std::chrono::steady_clock::now();\n"),
    ("clock", "server/worker.cc", "clock_gettime(CLOCK_BOOTTIME, &at);\n"),
    ("random", "net/a.cc", "std::random_device device;\n"),
    ("random", "cache/a.cc", "int drawn = rand();\n"),
    ("sleep", "server/a.cc", "std::this_thread::sleep_for(second);\n"),
    ("socket", "resolver/a.cc", "#include <sys/socket.h>\n"),
    ("socket", "server/a.cc", "#include <liburing.h>\n"),
    ("thread", "net/a.cc", "std::thread worker;\n"),
    ("thread", "cache/a.h", HEAD + "#include <thread>\n"),
    ("lock", "resolver/a.cc", "std::condition_variable changed;\n"),
    ("throw", "wire/a.cc", "throw 1;\n"),
    ("rtti", "server/a.cc", "auto* other = dynamic_cast<Other*>(one);\n"),
    ("coroutine", "server/a.cc", "co_await task;\n"),
    ("coroutine", "tests/sim/a.cc", "co_return;\n"),
    ("views", "wire/a.cc", "for (auto x : list | std::views::reverse) use(x);\n"),
    ("format", "server/a.cc", "auto text = std::format(x);\n"),
    ("fence", "cache/a.cc", "std::atomic_thread_fence(std::memory_order_seq_cst);\n"),
    ("header", "server/a.cc", "#include <iostream>\n"),
    ("header", "config/a.cc", "#include <regex>\n"),
    ("printf", "net/a.cc", "std::fprintf(stderr, text);\n"),
    ("assert", "wire/a.cc", "assert(size > 0);\n"),
    ("environment", "server/a.cc", 'std::getenv("HOME");\n'),
    ("unfinished", "wire/a.cc", f"// {UNFINISHED_WORD}: later\n"),
    ("unfinished", "docs/a.md", f"{UNFINISHED_WORD}\n"),
    ("workplace", "scripts/a", f"cd {WORKPLACE_PATH}\n"),
    ("file", "wire/a.cc", "int x;\n" * 601),
    ("columns", "wire/a.cc", "// " + "x" * 118 + "\n"),
    ("columns", "tests/unit/a.cc", "// " + "x" * 148 + "\n"),
    ("ascii", "wire/a.cc", "// caf\u00e9\n"),
    ("ascii", "wire/a.cc", "\tint x;\n"),
    ("head", "wire/a.h", "#pragma once\n"),
    ("head", "wire/a.h", "// What this is.\nint x;\n"),
    ("function", "wire/a.cc", "namespace wire {\nint f(int x) {\n" + "  x += 1;\n" * 70 + "  return x;\n}\n}\n"),
    ("function", "wire/a.cc", "int f(int x,\n      int y) {\n" + "  if (x) {\n    y();\n  }\n" * 24 + "}\n"),
    ("function", "wire/a.h", HEAD + "class A {\n  int f() const {\n" + "    x();\n" * 70 + "  }\n};\n"),
    ("decision", "docs/decisions/1-words.md", "x\n"),
    ("decision", "docs/decisions/0002-words.md", "x\n"),
]

FINE = [
    ("server/clock.cc", "clock_gettime(CLOCK_BOOTTIME, &at);\n"),
    ("server/random.cc", "getrandom(data, size, 0);\n"),
    ("net/a.cc", "#include <sys/socket.h>\n#include \"base/ip.h\"\n"),
    ("server/a.cc", '#include "wire/name.h"\n#include "cache/cache.h"\n#include "config/options.h"\n'),
    ("wire/a.cc", "// co_await, assert(x), std::thread: words in a comment\n"),
    ("wire/a.cc", 'auto text = "co_await assert(x) std::random_device";\n'),
    ("wire/a.cc", "static_assert(sizeof(int) == 4);\nint operand(int);\n"),
    ("wire/a.cc", "// RFC 1035 \u00a73.1\n"),
    ("wire/a.cc", "// " + "x" * 117 + "\n"),
    ("wire/a.cc", "int x;\n" * 600),
    ("wire/a.cc", "int f(int x) {\n" + "  x += 1;\n" * 67 + "  return x;\n}\n"),
    ("wire/a.cc", "namespace wire {\n" + "int f() {\n  return 1;\n}\n" * 60 + "}\n"),
    ("wire/a.h", HEAD + "class A {\n" + "  int f() {\n    return 1;\n  }\n" * 60 + "};\n"),
    ("build/wire/a.cc", "throw 1;\n"),
    ("docs/decisions/0001-words.md", "x\n"),
]


def findings_of(file, text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        return [line.split(": ")[1] for line in tidy.findings(Path(folder))]


class Rules(unittest.TestCase):
    def test_each_violation_is_found_once_and_nothing_else(self):
        for rule, file, text in VIOLATIONS:
            with self.subTest(rule=rule, file=file, text=text[:60]):
                self.assertEqual(findings_of(file, text), [rule])

    def test_what_is_allowed_is_not_reported(self):
        for file, text in FINE:
            with self.subTest(file=file, text=text[:60]):
                self.assertEqual(findings_of(file, text), [])

    def test_every_banned_call_has_a_violation_here(self):
        self.assertEqual({name for name, *_ in tidy.BANNED} - {rule for rule, *_ in VIOLATIONS}, set())

    def test_two_decisions_of_one_number_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            decisions = Path(folder) / "docs" / "decisions"
            decisions.mkdir(parents=True)
            (decisions / "0001-one.md").write_text("x\n")
            (decisions / "0001-two.md").write_text("x\n")
            self.assertEqual(len(list(tidy.findings(Path(folder)))), 1)

    def test_the_matrix_is_the_one_of_cmake(self):
        cmake = (Path(__file__).resolve().parents[2] / "cmake" / "HoldfastTargets.cmake").read_text()
        for folder, allowed in tidy.MAY_INCLUDE.items():
            line = next(line for line in cmake.splitlines() if line.startswith(f"set(HOLDFAST_MAY_{folder} "))
            words = line[line.index(" ") + 1 : -1].replace('"', "").split()
            self.assertEqual(set(words), allowed, folder)


if __name__ == "__main__":
    unittest.main()
