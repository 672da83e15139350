// The proofs that the simulated servers send are found good by the validator: each kind of chain, each kind of denial.
#include "tests/sim/denial_chain.h"

#include <gtest/gtest.h>

#include "resolver/dnssec/canonical.h"
#include "resolver/dnssec/denial_check.h"
#include "resolver/dnssec/denials.h"

namespace {

using namespace sim;               // NOLINT
using namespace resolver::dnssec;  // NOLINT
using wire::Name;
using wire::Type;

const Name kZone = name_of("example.");
constexpr const char* kOptOut = "example.: the proof allows unsigned delegations";

ZoneData make_zone() {
  ZoneData data;
  const auto put = [&](const std::string& labels, Type type, const Rdata& rdata) {
    data.at(labels.empty() ? kZone : below(labels, kZone), type) = RrSet{300, {rdata}};
  };
  const Rdata address = {192, 0, 2, 1};
  put("", Type::kSoa, soa_rdata(name_of("h.example."), 1, 60));
  put("", Type::kNs, rdata_of(name_of("ns.example.")));
  put("ns", Type::kA, address);
  put("one.two", Type::kA, address);
  put("*.wild", Type::kA, address);
  put("unsigned", Type::kNs, rdata_of(name_of("ns.unsigned.example.")));
  put("ns.unsigned", Type::kA, address);
  put("x.deep", Type::kNs, rdata_of(name_of("ns.example.")));
  put("signed", Type::kNs, rdata_of(name_of("ns.example.")));
  put("signed", Type::kDs, Rdata(36, 1));
  put("moved", Type::kDname, rdata_of(name_of("other.")));
  return data;
}

class DenialChains : public testing::TestWithParam<DenialKind> {
 protected:
  std::string judge(const std::vector<Record>& proofs, Claim claim, const char* name, Type type, uint8_t labels = 0) {
    Denials denials(kZone);
    for (const Record& proof : proofs) {
      EXPECT_EQ(proof.ttl_s, 60U);
      EXPECT_TRUE(denials.add(proof.owner, proof.type, proof.rdata, static_cast<uint8_t>(signed_labels(proof.owner))));
    }
    const Name asked = name_of(name);
    const Policy policy;
    DenialCheck check(denials, {claim, asked, type, labels}, policy);
    ValidationBudget budget;
    while (check.step(budget, 1) == Step::kYield) {
    }
    return check.verdict().security == Security::kSecure ? "secure" : to_text(check.verdict());
  }
  // An opt-out span proves nothing about names that would be in it.
  [[nodiscard]] std::string in_a_span() const { return GetParam() == DenialKind::kNsec3OptOut ? kOptOut : "secure"; }

  const ZoneData data_ = make_zone();
  const DenialChain chain_{kZone, data_, {GetParam(), 3, {1, 2}}};
};

TEST_P(DenialChains, WhatIsNotThereIsProven) {
  EXPECT_EQ(judge(chain_.nxdomain(name_of("no.example.")), Claim::kNxdomain, "no.example.", Type::kA), in_a_span());
  EXPECT_EQ(judge(chain_.nxdomain(name_of("a.ns.example.")), Claim::kNxdomain, "a.ns.example.", Type::kA), in_a_span());
  EXPECT_EQ(judge(chain_.nxdomain(name_of("b.two.example.")), Claim::kNxdomain, "b.two.example.", Type::kA),
            in_a_span());
  EXPECT_EQ(judge(chain_.nodata(name_of("ns.example.")), Claim::kNodata, "ns.example.", Type::kTxt), "secure");
  EXPECT_EQ(judge(chain_.nodata(name_of("two.example.")), Claim::kNodata, "two.example.", Type::kA), "secure");
  EXPECT_EQ(judge(chain_.nodata(name_of("deep.example.")), Claim::kNodata, "deep.example.", Type::kA), "secure");
}

TEST_P(DenialChains, WildcardsAreProven) {
  const Name made = name_of("a.wild.example.");
  EXPECT_EQ(judge(chain_.wildcard_answer(made), Claim::kWildcard, "a.wild.example.", Type::kA, 2), in_a_span());
  EXPECT_EQ(
      judge(chain_.wildcard_nodata(made, name_of("*.wild.example.")), Claim::kNodata, "a.wild.example.", Type::kTxt),
      in_a_span());
}

TEST_P(DenialChains, DelegationsWithoutDsAreProven) {
  for (const char* name : {"unsigned.example.", "x.deep.example."}) {
    const bool is_opt_out = GetParam() == DenialKind::kNsec3OptOut;
    EXPECT_EQ(judge(chain_.no_ds(name_of(name)), Claim::kNoDs, name, Type::kDs),
              is_opt_out ? kOptOut : "example.: the delegation is not signed");
  }
  // And what has one is not denied by the records of others.
  EXPECT_NE(judge(chain_.no_ds(name_of("signed.example.")), Claim::kNoDs, "signed.example.", Type::kDs), "secure");
  EXPECT_NE(judge(chain_.nxdomain(name_of("no.example.")), Claim::kNxdomain, "ns.example.", Type::kA), "secure");
}

INSTANTIATE_TEST_SUITE_P(Kinds, DenialChains,
                         testing::Values(DenialKind::kNsec, DenialKind::kNsec3, DenialKind::kNsec3OptOut));

}  // namespace
