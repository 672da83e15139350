#include "wire/name.h"

#include "base/entropy.h"
#include "tests/unit/wire/support.h"
#include "wire/ascii_fold.h"

namespace {

using wire::Name;
using wire::NameView;
using wire::ParseError;
using wire::Parsed;
using wire::testing::ByteVector;
using wire::testing::hex;
using wire::testing::name;
using wire::testing::name_of_size;

std::string_view outcome(const Parsed<NameView>& parsed) { return parsed ? "ok" : to_text(parsed.error()); }
std::string_view outcome(const Parsed<Name>& parsed) { return parsed ? "ok" : to_text(parsed.error()); }

TEST(NameView, ParsesOnlyWholeUncompressedNames) {
  const struct {
    const char* what;
    ByteVector bytes;
    std::string_view expected;
  } kRows[] = {
      {"root", hex("00"), "ok"},
      {"one label", hex("01 61 00"), "ok"},
      {"more bytes behind", hex("01 61 00 ff ff"), "ok"},
      {"empty", {}, "truncated"},
      {"no root label", hex("01 61"), "truncated"},
      {"label cut", hex("03 61 62"), "truncated"},
      {"pointer", hex("01 61 c0 00"), "bad compression pointer"},
      {"label type 01", hex("41 61 00"), "bad label type"},
      {"label type 10", hex("81 61 00"), "bad label type"},
      {"63-byte label", [] { ByteVector b(64, 'a'); b[0] = 63; b.push_back(0); return b; }(), "ok"},
      {"64-byte label", [] { ByteVector b(65, 'a'); b[0] = 64; b.push_back(0); return b; }(), "bad label type"},
      {"255 bytes", name_of_size(255), "ok"},
      {"256 bytes", name_of_size(256), "name too long"},
      {"300 bytes", name_of_size(300), "name too long"},
  };
  for (const auto& row : kRows) EXPECT_EQ(outcome(NameView::parse(row.bytes)), row.expected) << row.what;
}

TEST(NameView, A255ByteNameMayHave127Labels) {
  ByteVector bytes;
  for (int label = 0; label < 127; ++label) bytes.insert(bytes.end(), {1, 'x'});
  bytes.push_back(0);
  const auto parsed = NameView::parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->size(), 255U);
  EXPECT_EQ(parsed->label_count(), wire::kLabelsMax);
  EXPECT_EQ(parsed->common_labels(*parsed), wire::kLabelsMax);
  EXPECT_EQ(parsed->compare_canonical(*parsed), 0);
}

TEST(NameView, TakesNamesApart) {
  const Name www = name("www.Example.com.");
  const NameView view = www;
  EXPECT_EQ(view.label_count(), 3U);
  EXPECT_EQ(base::as_text(view.first_label()), "www");
  EXPECT_EQ(view.parent(), name("example.com"));
  EXPECT_EQ(view.suffix(1), name("com"));
  EXPECT_EQ(view.suffix(0), NameView());
  EXPECT_EQ(view.suffix(3), view);
  EXPECT_TRUE(NameView().is_root());
  EXPECT_TRUE(name("*.example.com").view().is_wildcard());
  EXPECT_FALSE(name("*a.example.com").view().is_wildcard());
  EXPECT_FALSE(NameView().is_wildcard());
}

TEST(NameView, ComparesWithoutLetterCase) {
  EXPECT_EQ(name("WWW.eXample.COM").view(), name("www.Example.com").view());
  EXPECT_FALSE(name("WWW.example.com").view().equals_exactly(name("www.example.com")));
  EXPECT_TRUE(name("www.example.com").view().equals_exactly(name("www.example.com")));
  EXPECT_FALSE(name("www.example.com").view() == name("www.example.co").view());
  // Bytes 0x20 apart that are no letters: '@' and '`', '[' and '{', and letters with the top bit.
  EXPECT_FALSE(name("\\064").view() == name("\\096").view());
  EXPECT_FALSE(name("\\091").view() == name("\\123").view());
  EXPECT_FALSE(name("\\193\\193\\193\\193\\193\\193x").view() == name("\\225\\225\\225\\225\\225\\225x").view());
  // Equal bytes, other labels.
  EXPECT_FALSE(name("a.b").view() == name("a\\.b").view());
}

TEST(NameView, FoldsEightBytesAsItFoldsOne) {
  for (int byte = 0; byte < 256; ++byte) {
    const uint64_t word = 0x0101010101010101ULL * static_cast<uint64_t>(byte);
    EXPECT_EQ(wire::lowercase_word(word), 0x0101010101010101ULL * wire::kLowercase[static_cast<size_t>(byte)]) << byte;
  }
}

TEST(NameView, IsWithinItselfItsParentsAndNothingElse) {
  const struct {
    const char* name;
    const char* zone;
    bool within;
  } kRows[] = {
      {"www.example.com", "EXAMPLE.com", true}, {"example.com", "example.com", true}, {"example.com", ".", true},
      {".", ".", true}, {".", "com", false}, {"com", "example.com", false}, {"badexample.com", "example.com", false},
      {"www.example.org", "example.com", false}, {"www.example.com.org", "example.com", false},
      // The bytes of the zone at the end of a longer label are not the zone.
      {"x\\003com.org", "com.org", false}, {"a\\007example\\003com", "example.com", false},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(name(row.name).view().is_within(name(row.zone)), row.within) << row.name << " in " << row.zone;
  }
}

TEST(NameView, CountsCommonLabels) {
  const struct {
    const char* left;
    const char* right;
    size_t common;
  } kRows[] = {
      {"www.example.com", "mail.Example.COM", 2}, {"example.com", "example.com", 2}, {"a.b", "c.d", 0},
      {".", "a", 0}, {"x.com", "com", 1}, {"b.a.com", "b.c.com", 1},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(name(row.left).view().common_labels(name(row.right)), row.common) << row.left;
    EXPECT_EQ(name(row.right).view().common_labels(name(row.left)), row.common) << row.right;
  }
}

TEST(NameView, CanonicalOrderIsThatOfRfc4034) {
  // RFC 4034 §6.1, its example, with the root in front.
  const char* const kSorted[] = {".", "example", "a.example", "yljkjljk.a.example", "Z.a.example", "zABC.a.EXAMPLE",
                                 "z.example", "\\001.z.example", "*.z.example", "\\200.z.example"};
  for (size_t left = 0; left < std::size(kSorted); ++left) {
    for (size_t right = 0; right < std::size(kSorted); ++right) {
      const int order = name(kSorted[left]).view().compare_canonical(name(kSorted[right]));
      EXPECT_EQ(order < 0, left < right) << kSorted[left] << " " << kSorted[right];
      EXPECT_EQ(order == 0, left == right) << kSorted[left] << " " << kSorted[right];
    }
  }
}

TEST(Name, TextIsReadAndPrinted) {
  const struct {
    std::string text;
    const char* printed;  // nullptr: bad text
  } kRows[] = {
      {".", "."}, {"com", "com."}, {"com.", "com."}, {"Www.Example.Com", "Www.Example.Com."},
      {"a\\.b.c", "a\\.b.c."}, {"a\\\\b", "a\\\\b."}, {"\\000\\255", "\\000\\255."}, {"a b", "a\\032b."},
      {"\\a\\b", "ab."}, {"x\\064y", "x\\@y."}, {"\\\"q\\\"", "\\\"q\\\"."},
      {"_sip._tcp.example", "_sip._tcp.example."},
      {"", nullptr}, {"..", nullptr}, {".a", nullptr}, {"a..b", nullptr}, {"a.b..", nullptr}, {"a\\", nullptr},
      {"a\\25", nullptr}, {"a\\2x5", nullptr}, {"a\\256", nullptr}, {"a\\999", nullptr},
  };
  for (const auto& row : kRows) {
    const auto parsed = Name::from_text(row.text);
    ASSERT_EQ(parsed.has_value(), row.printed != nullptr) << row.text;
    if (parsed) {
      EXPECT_EQ(parsed->to_text(), row.printed);
    } else {
      EXPECT_EQ(parsed.error(), ParseError::kBadText) << row.text;
    }
  }
}

TEST(Name, TextLabelsHaveAtMost63Bytes) {
  EXPECT_EQ(outcome(Name::from_text(std::string(63, 'a') + ".b")), "ok");
  EXPECT_EQ(outcome(Name::from_text(std::string(64, 'a') + ".b")), "bad presentation format");
  EXPECT_EQ(outcome(Name::from_text("b." + std::string(64, 'a'))), "bad presentation format");
}

TEST(Name, TextOf255BytesIsTheLongest) {
  const std::string label63 = std::string(63, 'a') + ".";
  const std::string longest = label63 + label63 + label63 + std::string(61, 'b');  // 3*64 + 62 + 1 == 255
  for (const char* dot : {"", "."}) {
    const auto parsed = Name::from_text(longest + dot);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->view().size(), 255U);
    EXPECT_EQ(outcome(Name::from_text(longest + "b" + dot)), "name too long");
    EXPECT_EQ(outcome(Name::from_text(longest + ".b" + dot)), "name too long");
  }
}

TEST(Name, EveryByteSurvivesText) {
  for (int byte = 0; byte < 256; ++byte) {
    const uint8_t label[3] = {static_cast<uint8_t>(byte), 'x', static_cast<uint8_t>(255 - byte)};
    const Name original = *Name::prepend(label, name("example."));
    const auto again = Name::from_text(original.to_text());
    ASSERT_TRUE(again.has_value()) << byte;
    EXPECT_TRUE(again->view().equals_exactly(original)) << byte;
  }
}

TEST(NameFromMessage, FollowsPointersBackwards) {
  // 0: com, 5: example -> 0, 15: www -> 5, 21: -> 15
  const ByteVector message = hex("03636f6d00 076578616d706c65c000 03777777c005 c00f ff");
  size_t end = 0;
  const auto www = Name::from_message(message, 15, &end);
  ASSERT_TRUE(www.has_value());
  EXPECT_EQ(www->to_text(), "www.example.com.");
  EXPECT_EQ(end, 21U);
  const auto pointer_only = Name::from_message(message, 21, &end);
  ASSERT_TRUE(pointer_only.has_value());
  EXPECT_EQ(*pointer_only, *www);
  EXPECT_EQ(end, 23U);
  const auto plain = Name::from_message(message, 0, &end);
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(end, 5U);
}

TEST(NameFromMessage, RejectsWhatIsNoName) {
  const struct {
    const char* what;
    ByteVector message;
    size_t offset;
    std::string_view expected;
  } kRows[] = {
      {"pointer to itself", hex("c000"), 0, "bad compression pointer"},
      {"label that points to its own start", hex("0161c000"), 0, "bad compression pointer"},
      {"label that points into itself", hex("00 03616263c002"), 1, "bad compression pointer"},
      {"forward pointer", hex("c002 00"), 0, "bad compression pointer"},
      {"two pointers at each other", hex("c002c000"), 2, "bad compression pointer"},
      {"pointer past the end", hex("00 c0ff"), 1, "bad compression pointer"},
      {"pointer back to labels that run on over it", hex("04616263 01 64 c000 00"), 4, "bad compression pointer"},
      {"pointer back to a pointer that is cut by it", hex("c0 c000"), 1, "bad compression pointer"},
      {"pointer cut", hex("00 c0"), 1, "truncated"},
      {"label cut", hex("05 61"), 0, "truncated"},
      {"offset at the end", hex("00"), 1, "truncated"},
      {"offset past the end", hex("00"), 9, "truncated"},
      {"empty message", {}, 0, "truncated"},
      {"label type 01", hex("40"), 0, "bad label type"},
      {"label type 10", hex("80"), 0, "bad label type"},
      {"pointer to a reserved label", hex("80 c000"), 1, "bad label type"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(outcome(Name::from_message(row.message, row.offset)), row.expected) << row.what;
    EXPECT_EQ(Name::check_in_message(row.message, row.offset).has_value(), false) << row.what;
  }
}

TEST(NameFromMessage, LengthIsCountedAcrossPointers) {
  for (const size_t tail : {253U, 254U}) {
    ByteVector message = name_of_size(tail);  // then "a" before it: two bytes more
    const size_t offset = message.size();
    message.insert(message.end(), {1, 'a', 0xC0, 0x00});
    const auto parsed = Name::from_message(message, offset);
    EXPECT_EQ(outcome(parsed), tail == 253 ? "ok" : "name too long");
    if (parsed) {
      EXPECT_EQ(parsed->view().size(), 255U);
    }
  }
}

TEST(NameFromMessage, AChainOfPointersEndsAtTheLimit) {
  ByteVector message = hex("00");  // the root, then pointers each to the one before
  for (size_t count = 1; count <= 200; ++count) {
    const size_t target = count == 1 ? 0 : message.size() - 2;
    message.push_back(static_cast<uint8_t>(0xC0 | (target >> 8)));
    message.push_back(static_cast<uint8_t>(target));
    const auto parsed = Name::from_message(message, message.size() - 2);
    EXPECT_EQ(outcome(parsed), count <= wire::kNamePointersMax ? "ok" : "bad compression pointer") << count;
  }
}

TEST(Name, PrependChecksLabelAndLength) {
  const ByteVector label63(63, 'a');
  const ByteVector label64(64, 'a');
  EXPECT_EQ(Name::prepend(base::as_bytes("www"), name("example.com"))->to_text(), "www.example.com.");
  EXPECT_EQ(outcome(Name::prepend({}, name("com"))), "bad label type");
  EXPECT_EQ(outcome(Name::prepend(label63, name("com"))), "ok");
  EXPECT_EQ(outcome(Name::prepend(label64, name("com"))), "bad label type");
  const ByteVector long_name = name_of_size(253);
  const NameView rest = *NameView::parse(long_name);
  EXPECT_EQ(outcome(Name::prepend(base::as_bytes("a"), rest)), "ok");
  EXPECT_EQ(outcome(Name::prepend(base::as_bytes("ab"), rest)), "name too long");
}

TEST(Name, ReplaceSuffixIsWhatADnameDoes) {
  // RFC 6672 §2.2, table 1.
  const struct {
    const char* name;
    const char* from;
    const char* to;
    const char* expected;
  } kRows[] = {
      {"a.example.com.", "example.com.", "example.net.", "a.example.net."},
      {"a.b.example.com.", "example.com.", "example.net.", "a.b.example.net."},
      {"ab.EXAMPLE.com.", "example.com.", "b.example.com.", "ab.b.example.com."},
      {"a.example.com.", ".", "example.net.", "a.example.com.example.net."},
      {"cyc.example.com.", "example.com.", "example.com.", "cyc.example.com."},
      {"shortloop.x.x.", "x.", ".", "shortloop.x."},
      {"example.com.", "example.com.", ".", "."},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(Name::replace_suffix(name(row.name), name(row.from), name(row.to))->to_text(), row.expected) << row.name;
  }
}

TEST(Name, ReplaceSuffixThatOverflowsIsTooLong) {
  const ByteVector target = name_of_size(253);
  const NameView to = *NameView::parse(target);
  EXPECT_EQ(outcome(Name::replace_suffix(name("a.b"), name("b"), to)), "ok");
  EXPECT_EQ(outcome(Name::replace_suffix(name("aa.b"), name("b"), to)), "name too long");
}

TEST(Name, LowercasesAndRandomisesOnlyLetters) {
  const Name original = name("WwW.eXample-1.[x]\\193.coM");
  EXPECT_EQ(original.lowercased().to_text(), "www.example-1.[x]\\193.com.");
  base::Entropy entropy(base::Entropy::seed_from_number(1));
  bool upper_seen = false;
  bool lower_seen = false;
  for (int draw = 0; draw < 50; ++draw) {
    const Name random = original.with_random_case(entropy);
    EXPECT_EQ(random, original);
    (random.view().first_label()[0] == 'W' ? upper_seen : lower_seen) = true;
  }
  EXPECT_TRUE(upper_seen && lower_seen);
  EXPECT_EQ(Name().with_random_case(entropy), Name());
}

}  // namespace
