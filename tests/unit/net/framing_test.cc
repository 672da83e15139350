#include "net/framing.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/net/loop_fixture.h"

namespace net {
namespace {

using Step = Reassembler::Step;

std::vector<std::string> take_all(Reassembler& reassembler) {
  std::vector<std::string> messages;
  base::Bytes message;
  while (reassembler.next(message) == Step::kMessage) messages.push_back(text_of(message));
  return messages;
}

TEST(Framing, any_split_gives_the_same_messages) {
  const std::string long_message(300, 'm');
  const std::string stream = framed("first") + framed(long_message) + framed("x") + framed("last one");
  const std::vector<std::string> expected{"first", long_message, "x", "last one"};
  for (size_t first = 0; first <= stream.size(); ++first) {
    for (const size_t second : {first, std::min(first + 1, stream.size()), stream.size()}) {
      Reassembler reassembler;
      std::vector<std::string> got;
      for (const std::string& part :
           {stream.substr(0, first), stream.substr(first, second - first), stream.substr(second)}) {
        reassembler.append(base::as_bytes(part));
        for (std::string& message : take_all(reassembler)) got.push_back(std::move(message));
        reassembler.trim();
      }
      ASSERT_EQ(got, expected) << first << " " << second;
      EXPECT_EQ(reassembler.buffered_bytes(), 0u);
    }
  }
}

TEST(Framing, byte_by_byte_says_when_a_message_is_under_way) {
  const std::string stream = framed("abc");
  Reassembler reassembler;
  EXPECT_FALSE(reassembler.partial());
  for (size_t index = 0; index < stream.size(); ++index) {
    EXPECT_FALSE(reassembler.complete());
    reassembler.append(base::as_bytes(stream.substr(index, 1)));
    EXPECT_EQ(reassembler.partial(), index + 1 < stream.size());
  }
  EXPECT_TRUE(reassembler.complete());
}

TEST(Framing, empty_message_is_told_from_a_missing_one) {
  Reassembler reassembler;
  base::Bytes message;
  EXPECT_EQ(reassembler.next(message), Step::kNeedMore);
  reassembler.append(base::as_bytes(framed("")));
  EXPECT_EQ(reassembler.next(message), Step::kEmptyMessage);
}

TEST(Framing, largest_message) {
  Reassembler reassembler;
  const std::string largest(kMessageBytesMax, 'z');
  reassembler.append(base::as_bytes(framed(largest) + framed("next")));
  EXPECT_EQ(take_all(reassembler), (std::vector<std::string>{largest, "next"}));
}

}  // namespace
}  // namespace net
