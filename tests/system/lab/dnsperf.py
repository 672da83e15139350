"""dnsperf and what it says."""
import re
import subprocess


def number(pattern, text):
    found = re.search(pattern, text)
    return float(found.group(1)) if found else 0.0


class Report:
    """What dnsperf says at its end."""

    def __init__(self, text):
        self.text = text
        self.sent = int(number(r"Queries sent:\s+(\d+)", text))
        self.completed = int(number(r"Queries completed:\s+(\d+)", text))
        self.lost = int(number(r"Queries lost:\s+(\d+)", text))
        self.per_second = number(r"Queries per second:\s+([\d.]+)", text)
        codes = re.search(r"Response codes:\s+(.*)", text)
        self.codes = dict(re.findall(r"([A-Z0-9]+) (\d+)", codes.group(1))) if codes else {}

    def __str__(self):
        return f"{self.sent} sent, {self.lost} lost, {self.per_second:.0f}/s, {self.codes}"

    def seconds(self):
        """How long each answer took, sorted; only with -v."""
        return sorted(float(text) for text in re.findall(r"^> \S+ \S+ \S+ ([\d.]+)$", self.text, re.MULTILINE))


def run(address, file, *arguments):
    """The finished process and its report. `file` has a question a line."""
    done = subprocess.run(["dnsperf", "-s", address[0], "-p", str(address[1]), "-d", str(file), "-e", *arguments],
                          capture_output=True, text=True, timeout=120)
    return done, Report(done.stdout)
