"""What is in the zones, and what to ask about it."""
from . import delegation

TTLS = (60, 300, 300, 3600, 3600, 86400, 172800)
APEX_TYPES = ("A", "AAAA", "MX", "TXT", "NS", "SOA", "CAA", "HTTPS", "TYPE65280", "DS")
WORDS = ("mail", "shop", "api", "img", "static", "m", "blog", "news", "login", "beta")


def ipv4(rng):
    return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randrange(1, 255)}"


def ipv6(rng):
    return f"2001:db8:{rng.randrange(1, 0xffff):x}::{rng.randrange(1, 0xffff):x}"


def fill(world, zone, rng, others):
    zone_name = zone.name
    ask(world, zone_name, *APEX_TYPES)
    basics(world, zone, rng, others)
    chains(world, zone, rng, others)
    for feature in rng.sample(FEATURES, 5):
        feature(world, zone, rng, others)
    ask(world, f"no-such-name.{zone_name}", "A")
    ask(world, f"a.b.c.no-such-name.{zone_name}", "AAAA")


def ask(world, name, *types):
    world.questions += [(name, type_) for type_ in types]


def basics(world, zone, rng, others):
    name = zone.name
    for _ in range(rng.choice((1, 1, 2, 4))):
        zone.add(name, "A", ipv4(rng), 300)
    if rng.random() < 0.6:
        zone.add(name, "AAAA", ipv6(rng), 300)
    mail = f"mail.{name}" if rng.random() < 0.5 else f"hop0.{rng.choice(others)}"
    zone.add(name, "MX", f"10 {mail}", 3600)
    zone.add(f"mail.{name}", "A", ipv4(rng), 3600)
    zone.add(name, "TXT", '"v=spf1 include:_spf.example -all"', 3600)
    if rng.random() < 0.4:
        zone.add(name, "CAA", '0 issue "ca.example"', 3600)
    if rng.random() < 0.3:
        zone.add(name, "HTTPS", f'1 . alpn="h2,h3" ipv4hint={ipv4(rng)}', 300)
    if rng.random() < 0.2:
        zone.add(name, "TYPE65280", rf"\# 4 {rng.randrange(1 << 32):08X}", 3600)
    if rng.random() < 0.4:
        zone.add(f"www.{name}", "CNAME", name, rng.choice(TTLS))
    elif rng.random() < 0.5:
        zone.add(f"www.{name}", "CNAME", f"Hop0.{rng.choice(others)}", rng.choice(TTLS))
    else:
        zone.add(f"www.{name}", "A", ipv4(rng), rng.choice(TTLS))
    ask(world, f"www.{name}", "A", "AAAA", "CNAME", "HTTPS")


def chains(world, zone, rng, others):
    """hop0 has an address; hop5 is an alias of some zone's hop4, and so on."""
    zone.add(f"hop0.{zone.name}", "A", ipv4(rng), rng.choice(TTLS))
    zone.add(f"hop0.{zone.name}", "AAAA", ipv6(rng), rng.choice(TTLS))
    for k in range(1, 6):
        zone.add(f"hop{k}.{zone.name}", "CNAME", f"hop{k - 1}.{rng.choice(others)}", rng.choice(TTLS))
    ask(world, f"hop{rng.randrange(1, 6)}.{zone.name}", "A", "TXT")


def wildcard_address(world, zone, rng, _others):
    zone.add(f"*.pages.{zone.name}", "A", ipv4(rng))
    zone.add(f"here.pages.{zone.name}", "TXT", '"closer than the wildcard"')
    ask(world, f"any.pages.{zone.name}", "A", "MX")
    ask(world, f"x.y.any.pages.{zone.name}", "A")
    ask(world, f"here.pages.{zone.name}", "A", "TXT")
    ask(world, f"*.pages.{zone.name}", "A")
    ask(world, f"pages.{zone.name}", "A")


def wildcard_alias(world, zone, rng, others):
    zone.add(f"*.alias.{zone.name}", "CNAME", f"hop1.{rng.choice(others)}")
    ask(world, f"user{rng.randrange(1000)}.alias.{zone.name}", "A", "CNAME")


def wildcard_mail(world, zone, _rng, _others):
    zone.add(f"*.wild.{zone.name}", "MX", f"5 mail.{zone.name}")
    zone.add(f"*.wild.{zone.name}", "TXT", '"wild"')
    ask(world, f"host.wild.{zone.name}", "MX", "TXT", "A")


def large_text(world, zone, rng, _others):
    for k in range(rng.randrange(6, 14)):
        zone.add(f"large.{zone.name}", "TXT", '"' + f"{k:02d}" + "x" * 250 + '"')
    ask(world, f"large.{zone.name}", "TXT")


def many_addresses(world, zone, rng, _others):
    for k in range(1, 91):
        zone.add(f"many.{zone.name}", "A", f"203.0.113.{k}", 300)
        zone.add(f"many.{zone.name}", "AAAA", f"2001:db8::{k}", 300)
    ask(world, f"many.{zone.name}", "A", "AAAA")


def dname_inside(world, zone, rng, _others):
    zone.add(f"old.{zone.name}", "DNAME", f"new.{zone.name}")
    zone.add(f"host.new.{zone.name}", "A", ipv4(rng))
    ask(world, f"host.old.{zone.name}", "A", "AAAA")
    ask(world, f"missing.old.{zone.name}", "A")
    ask(world, f"old.{zone.name}", "DNAME", "A")


def dname_across(world, zone, rng, others):
    zone.add(f"moved.{zone.name}", "DNAME", rng.choice(others))
    ask(world, f"hop0.moved.{zone.name}", "A")
    ask(world, f"hop2.moved.{zone.name}", "AAAA")
    ask(world, f"www.moved.{zone.name}", "A")


def services(world, zone, _rng, others):
    zone.add(f"_sip._tcp.{zone.name}", "SRV", f"10 60 5060 mail.{zone.name}")
    zone.add(f"_sip._tcp.{zone.name}", "SRV", f"20 10 5060 hop0.{others[0]}")
    zone.add(f"_dns.{zone.name}", "SVCB", f"1 mail.{zone.name} port=853")
    zone.add(f"svc.{zone.name}", "HTTPS", f"0 www.{zone.name}")
    zone.add(f"naptr.{zone.name}", "NAPTR", '100 10 "S" "SIP+D2T" "" _sip._tcp.' + zone.name)
    ask(world, f"_sip._tcp.{zone.name}", "SRV", "A")
    ask(world, f"_dns.{zone.name}", "SVCB")
    ask(world, f"svc.{zone.name}", "HTTPS", "A")
    ask(world, f"naptr.{zone.name}", "NAPTR")
    ask(world, f"_tcp.{zone.name}", "A")


def empty_nonterminals(world, zone, rng, _others):
    zone.add(f"a.b.empty.{zone.name}", "A", ipv4(rng))
    ask(world, f"empty.{zone.name}", "A")
    ask(world, f"b.empty.{zone.name}", "MX")
    ask(world, f"a.b.empty.{zone.name}", "A")
    ask(world, f"c.b.empty.{zone.name}", "A")


def deep_names(world, zone, rng, _others):
    deep = ".".join(str(k) for k in range(rng.randrange(12, 28))) + f".deep.{zone.name}"
    zone.add(deep, "A", ipv4(rng))
    ask(world, deep, "A", "TXT")
    ask(world, "no." + deep, "A")


def odd_names(world, zone, rng, _others):
    zone.add(rf"a\.dot.{zone.name}", "TXT", '"a dot inside a label"')
    zone.add(rf"sp\032ace\255.{zone.name}", "A", ipv4(rng))
    zone.add(f"MiXeD.{zone.name}", "CNAME", f"HOP0.{zone.name.upper()}", 0)
    zone.add("l" * 63 + f".{zone.name}", "A", ipv4(rng), 0)
    ask(world, rf"a\.dot.{zone.name}", "TXT")
    ask(world, rf"sp\032ace\255.{zone.name}", "A")
    ask(world, f"mixed.{zone.name}", "A")
    ask(world, "l" * 63 + f".{zone.name}", "A")


def aliases_to_nothing(world, zone, rng, others):
    zone.add(f"gone.{zone.name}", "CNAME", f"no-such-name.{rng.choice(others)}")
    zone.add(f"nodata.{zone.name}", "CNAME", f"mail.{zone.name}")
    ask(world, f"gone.{zone.name}", "A", "CNAME")
    ask(world, f"nodata.{zone.name}", "AAAA")


def delegated_below(world, zone, rng, others):
    """A zone cut inside the site, two labels down in some."""
    style = rng.choice(delegation.BELOW)
    label = "lame-sub" if style is delegation.one_lame else rng.choice(("sub", "eu", "x.y.corp"))
    if any(owner.startswith(label) and type_ == "NS" for owner, _, type_, _ in zone.records):
        return
    child = world.zone(f"{label}.{zone.name}")
    child.add(f"www.{child.name}", "A", ipv4(rng))
    child.add(f"hop.{child.name}", "CNAME", f"hop3.{rng.choice(others)}")
    child.add(child.name, "TXT", '"below the cut"')
    delegation.delegate_below(world, child, zone, style)
    ask(world, f"www.{child.name}", "A", "AAAA")
    ask(world, f"hop.{child.name}", "A")
    ask(world, child.name, "TXT", "NS", "SOA", "DS")
    ask(world, f"no-such-name.{child.name}", "A")
    if "." in label:
        ask(world, f"corp.{zone.name}", "A")


def plain_hosts(world, zone, rng, _others):
    for word in rng.sample(WORDS, 3):
        zone.add(f"{word}-1.{zone.name}", "A", ipv4(rng), rng.choice(TTLS))
        ask(world, f"{word}-1.{zone.name}", "A", "AAAA")


FEATURES = [
    wildcard_address, wildcard_alias, wildcard_mail, large_text, many_addresses, dname_inside, dname_across, services,
    empty_nonterminals, deep_names, odd_names, aliases_to_nothing, delegated_below, delegated_below, plain_hosts,
]


def fill_reverse(world, zone):
    for k in range(1, 20):
        zone.add(f"{k}.{zone.name}", "PTR", f"host{k}.reverse.example.")
        ask(world, f"{k}.{zone.name}", "PTR")
    ask(world, zone.name, "SOA", "PTR")
    ask(world, f"200.{zone.name}", "PTR")
