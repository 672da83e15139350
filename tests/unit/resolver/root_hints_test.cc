#include "resolver/root_hints.h"

#include <fstream>
#include <sstream>

#include "tests/unit/resolver/support.h"

namespace {

using resolver_test::address;
using resolver_test::name;

TEST(RootHints, BuiltIn) {
  const cache::Delegation hints = resolver::builtin_root_hints();
  EXPECT_TRUE(hints.zone.view().is_root());
  ASSERT_EQ(hints.servers.size(), 13U);
  for (const cache::DelegationServer& server : hints.servers) EXPECT_EQ(server.glue.size(), 2U) << server.name.to_text();
  EXPECT_EQ(hints.servers[1].name, name("b.root-servers.net"));
  EXPECT_EQ(hints.servers[1].glue, (std::vector{address("170.247.170.2"), address("2801:1b8:10::b")}));
}

TEST(RootHints, BuiltInAgreesWithNamedRoot) {
  std::ifstream file;
  std::string folder = "shared/data/dns-root/";  // beside the source tree, wherever the build lies below it
  for (int up = 0; up < 8 && !file.is_open(); ++up) {
    folder.insert(0, "../");
    file.open(folder + "root.hints");
    if (!file) file.clear();
  }
  if (!file.is_open()) GTEST_SKIP() << "skipped: no copy of named.root here";
  std::stringstream text;
  text << file.rdbuf();
  const auto parsed = resolver::parse_root_hints(text.str());
  ASSERT_TRUE(parsed.has_value()) << parsed.error();
  const cache::Delegation builtin = resolver::builtin_root_hints();
  ASSERT_EQ(parsed->servers.size(), builtin.servers.size());
  for (size_t index = 0; index < builtin.servers.size(); ++index) {
    EXPECT_EQ(parsed->servers[index].name, builtin.servers[index].name);
    EXPECT_EQ(parsed->servers[index].glue, builtin.servers[index].glue) << builtin.servers[index].name.to_text();
  }
}

TEST(RootHints, Parse) {
  const auto hints = resolver::parse_root_hints(
      ". 3600 IN NS a.lab.\n. 3600 IN NS A.LAB.\n. 3600 IN NS b.lab.\nexample. 3600 IN NS c.lab.\n"
      "a.lab. 3600 IN A 192.0.2.1\na.lab. 3600 IN A 192.0.2.1\na.lab. 3600 IN AAAA 2001:db8::1\nc.lab. 3600 IN A 192.0.2.3\n");
  ASSERT_TRUE(hints.has_value()) << hints.error();
  ASSERT_EQ(hints->servers.size(), 2U);
  EXPECT_EQ(hints->servers[0].glue, (std::vector{address("192.0.2.1"), address("2001:db8::1")}));
  EXPECT_TRUE(hints->servers[1].glue.empty());
}

TEST(RootHints, ErrorsAreSentences) {
  EXPECT_EQ(resolver::parse_root_hints("").error(), "root hints hold no NS record of the root");
  EXPECT_EQ(resolver::parse_root_hints(". 3600 IN NS a.lab.\n").error(), "root hints hold no address of a root server");
  const auto broken = resolver::parse_root_hints(". 3600 IN NS a.lab.\na.lab. 3600 IN A 300.1.1.1\n");
  ASSERT_FALSE(broken.has_value());
  EXPECT_NE(broken.error().find("line 2"), std::string::npos) << broken.error();
}

}  // namespace
