"""The tree of all cases' zones, signed from the leaves up, and the servers that serve it."""
import fnmatch
import os
from concurrent.futures import ThreadPoolExecutor

import dns.name

from lab import namespace, nsd

from . import cases_broken, cases_forged, cases_valid
from .forger import Forger
from .zone import Signing, Zone

ROOT_HOST = "ns.lab-root."
ROOT_ADDRESS = "10.54.0.1"
ROWS = 200  # zones in one /24


def top():
    return [Zone(".", "", Signing(algorithms=(8,))), Zone("good."), Zone("bad."), Zone("forged."),
            Zone("three.", "", Signing("ldns", denial="nsec3")), Zone("optout.", "", Signing(denial="optout")),
            Zone("plain.", "", None)]


class World:
    def __init__(self):
        chosen = os.environ.get("HOLDFAST_LAB_CASES", "*")  # a pattern, to look into one
        self.cases = [case for book in (cases_valid, cases_broken, cases_forged) for case in book.BOOK.cases
                      if fnmatch.fnmatchcase(case.name, chosen)]
        self.zones = top() + [zone for case in self.cases for zone in case.zones]
        by_name = {zone.origin: zone for zone in self.zones}
        if len(by_name) != len(self.zones):
            raise ValueError("two zones of one name")
        for zone in self.zones[1:]:
            above = zone.origin.parent()
            while above not in by_name:
                above = above.parent()
            zone.parent = by_name[above]
            zone.parent.children.append(zone)
        self.root = self.zones[0]
        self.depths = sorted({zone.depth for zone in self.zones}, reverse=True)
        self.forged = []
        self._give_addresses()

    def at_depth(self, depth):
        return [zone for zone in self.zones if zone.depth == depth]

    def _give_addresses(self):
        for depth in self.depths:
            for number, zone in enumerate(self.at_depth(depth)):
                last = f"{depth * 8 + number // ROWS}.{number % ROWS + 1}"
                zone.own_address = f"10.54.{last}"
                if zone.forge or any(child.forge_parent for child in zone.children):
                    zone.addresses = [f"10.55.{last}"] + [zone.own_address] * zone.second_server
                    self.forged.append(zone)
                else:
                    zone.addresses = [zone.own_address]
        self.root.records = f"{ROOT_HOST} A {ROOT_ADDRESS}\n@ NS {ROOT_HOST}\n"

    def sign(self, folder):
        with ThreadPoolExecutor(3) as pool:
            for depth in self.depths:
                list(pool.map(lambda zone: zone.build(folder), self.at_depth(depth)))
        for zone in self.zones:
            if zone.edit:
                zone.edit(zone)
            if zone.edit_parent:
                zone.edit_parent(zone.parent, zone)

    def anchors(self):
        return [f". IN DS {key.ds().to_text()}" for key in self.root.ksks]

    def start(self, folder):
        """(NSD processes, the forger), all answering."""
        addresses = [zone.own_address for zone in self.zones] + [a for zone in self.zones for a in zone.addresses]
        namespace.add_addresses(dict.fromkeys(addresses))
        processes = []
        for depth in self.depths:  # a parent and its child never share a server, which would blur the cut
            zones = self.at_depth(depth)
            processes.append(nsd.start(folder, f"depth{depth}", [zone.own_address for zone in zones],
                                       [(zone.name, zone.text()) for zone in zones]))
        for depth, process in zip(self.depths, processes):
            process.wait_until_answers((self.at_depth(depth)[0].own_address, 53))
        forger = Forger()
        for zone in self.forged:
            forger.listen(zone.addresses[0], zone.own_address, chooser(zone))
        forger.start()
        return processes, forger


def chooser(zone):
    """Whose forgery a question for this name meets at the zone's servers."""
    children = {child.origin: child for child in zone.children if child.forge_parent}

    def choose(name):
        if zone.forge:
            return zone, zone.forge
        if len(name) > len(zone.origin):
            child = children.get(dns.name.Name(name.canonicalize().labels[-len(zone.origin) - 1:]))
            if child:
                return zone, child.forge_parent
        return None
    return choose
