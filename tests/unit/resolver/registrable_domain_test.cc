#include "resolver/registrable_domain.h"

#include "tests/unit/resolver/support.h"

namespace {

using resolver_test::name;

TEST(RegistrableDomains, AreTheSameFromMemory) {
  resolver::RegistrableDomains domains(base::KeyedHash::Secret{1, 2, 3});
  for (int time = 0; time < 2; ++time) {
    // More names than it holds.
    for (int number = 0; number < 5000; ++number) {
      const std::string text = "ns" + std::to_string(number) + ".dns.owner" + std::to_string(number % 7) + ".co.uk.";
      const wire::Name server = name(text.c_str());
      ASSERT_EQ(wire::Name(domains.of(server)).to_text(), wire::Name(resolver::registrable_domain(server)).to_text());
    }
    for (const char* text : {".", "com.", "co.uk.", "a.b.foo.ck.", "NS1.Example.CO.UK."}) {
      const wire::Name server = name(text);
      EXPECT_EQ(wire::Name(domains.of(server)).to_text(), wire::Name(resolver::registrable_domain(server)).to_text());
    }
  }
}

TEST(RegistrableDomain, IsThePublicSuffixAndALabel) {
  struct Row {
    const char* input;
    const char* registrable;
  };
  const std::string long_label(63, 'x');
  const std::string deep = "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.example.co.uk";
  for (const Row& row : {
           Row{"example.com.", "example.com."},
           {"ns1.dns.example.com.", "example.com."},
           {"NS1.Example.CO.UK.", "Example.CO.UK."},
           {"ns-1.awsdns-00.co.uk.", "awsdns-00.co.uk."},
           {"co.uk.", "co.uk."},
           {"com.", "com."},
           {".", "."},
           {"a.b.foo.ck.", "b.foo.ck."},          // *.ck
           {"ns.www.ck.", "www.ck."},             // !www.ck
           {"x.kobe.jp.", "x.kobe.jp."},          // *.kobe.jp: a public suffix itself
           {"y.x.kobe.jp.", "y.x.kobe.jp."},
           {"a.example.unknowntld.", "example.unknowntld."},
           {"xn--e1afmkfd.xn--p1ai.", "xn--e1afmkfd.xn--p1ai."},
           {"4.3.2.1.in-addr.arpa.", "1.in-addr.arpa."},
           {"ns.a\\.com.", "ns.a\\.com."},        // one label that holds a dot
           {"x\\000y.evil.com.", "evil.com."},    // a label that holds NUL
           {"x.co\\000m.", "x.co\\000m."},
           {"\\255\\254.example.co.uk.", "example.co.uk."},
           {deep.c_str(), "example.co.uk."},
       }) {
    const wire::Name input = name(row.input);
    const wire::NameView found = resolver::registrable_domain(input);
    EXPECT_TRUE(found.equals_exactly(name(row.registrable))) << row.input << " -> " << found.to_text();
    EXPECT_EQ(found.bytes().data() + found.size(), input.view().bytes().data() + input.view().size()) << "a view into it";
  }
}

TEST(RegistrableDomain, TakesTheLongestNames) {
  std::string text;
  for (int i = 0; i < 126; ++i) text += "a.";
  EXPECT_EQ(resolver::registrable_domain(name(text + "b.")).label_count(), 2U);
  const std::string label(62, 'y');
  EXPECT_EQ(resolver::registrable_domain(name(label + "." + label + "." + label + "." + label + ".")).label_count(), 2U);
}

}  // namespace
