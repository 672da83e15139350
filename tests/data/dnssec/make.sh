#!/bin/sh
# Makes the signed zones of this folder anew, with the tools of BIND (bind9-utils) and of ldns (ldnsutils):
# tests/data/dnssec/make.sh. The content is that of RFC 5155 appendix A with more types, whose RDATA holds
# names in mixed letter case. The signatures run from 2026-01-01 to 2036-01-01; tests bring their own clock.
set -eu
cd "$(dirname "$0")"
here=$PWD
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
cd "$keys"

clean() { grep -v '^;' "$1" | tr -s ' \t' ' ' >"$here/$2"; }

for algorithm in RSASHA256 RSASHA512 ECDSAP256SHA256 ECDSAP384SHA384 ED25519 ED448; do
  mkdir $algorithm
  bits=
  case $algorithm in RSA*) bits="-b 1024" ;; esac
  dnssec-keygen -q -K $algorithm -a $algorithm $bits -f KSK -n ZONE example >/dev/null
  dnssec-keygen -q -K $algorithm -a $algorithm $bits -n ZONE example >/dev/null
  cat "$here/example.plain" $algorithm/K*.key >plain
  sign() { dnssec-signzone -q "$@" -K $algorithm -s 20260101000000 -e 20360101000000 -o example -O full -f signed plain >/dev/null; }
  sign
  clean signed $algorithm.nsec.zone
  if [ $algorithm = ED25519 ]; then
    sign -3 aabbccdd -H 12
    clean signed $algorithm.nsec3.zone
    sign -3 aabbccdd -H 12 -A
    clean signed $algorithm.optout.zone
  fi
done

cat "$here/example.plain" >plain
ksk=$(ldns-keygen -a ECDSAP256SHA256 -k example)
zsk=$(ldns-keygen -a ECDSAP256SHA256 example)
ldns-signzone -n -s aabb -t 3 -i 20260101000000 -e 20360101000000 -o example -f signed plain $ksk $zsk
clean signed ldns.nsec3.zone
