#include "resolver/next_qname.h"

#include "tests/unit/resolver/support.h"

namespace {

using resolver::next_qname_labels;
using resolver_test::name;

struct Row {
  const char* qname;
  size_t known_labels;
  uint8_t steps;
  size_t expected;
};

TEST(NextQname, Table) {
  constexpr Row kRows[] = {
      {"www.example.com", 0, 0, 1},                        // one label at a time at first
      {"www.example.com", 1, 1, 2},
      {"www.example.com", 2, 2, 3},                        // the whole name
      {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r", 0, 3, 1},
      {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r", 4, 4, 7},    // 14 labels over six steps
      {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r", 7, 5, 10},   // 11 over five
      {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r", 16, 9, 18},  // the last step takes all
      {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r", 1, 10, 18},  // no steps left
      {"_25._tcp.mail.example.com", 2, 0, 3},
      {"_25._tcp.mail.example.com", 3, 1, 5},              // underscore labels are no step of their own
      {"host._sites.example.com", 2, 2, 4},
      {"_dmarc.example.com", 2, 0, 3},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(next_qname_labels(name(row.qname), row.known_labels, row.steps), row.expected)
        << row.qname << " " << row.known_labels << " " << int{row.steps};
  }
}

TEST(NextQname, AnyNameNeedsAtMostTheMaximumOfSteps) {
  for (size_t labels = 1; labels <= wire::kLabelsMax; ++labels) {
    std::string text;
    for (size_t label = 0; label < labels; ++label) text += "a.";
    const wire::Name qname = name(text);
    size_t known = 0;
    uint8_t steps = 0;
    for (; known < labels; ++steps) {
      const size_t next = next_qname_labels(qname, known, steps);
      ASSERT_GT(next, known);
      ASSERT_LE(next, labels);
      known = next;
    }
    EXPECT_LE(steps, resolver::kMinimiseCountMax) << labels;
  }
}

}  // namespace
