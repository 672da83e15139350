// Names from bytes, from messages and from text: every name survives text exactly, and the
// comparisons agree with each other.
#include "tests/fuzz/fuzz_support.h"
#include "wire/name.h"

namespace {

using wire::Name;
using wire::NameView;

void check_text(NameView name) {
  const auto again = Name::from_text(name.to_text());
  FUZZ_EXPECT(again.has_value() && again->view().equals_exactly(name));
}

void check_pair(NameView left, NameView right) {
  const bool equal = left == right;
  FUZZ_EXPECT(equal == (left.compare_canonical(right) == 0));
  FUZZ_EXPECT((left.compare_canonical(right) < 0) == (right.compare_canonical(left) > 0));
  FUZZ_EXPECT(equal == Name(left).lowercased().view().equals_exactly(Name(right).lowercased()));
  FUZZ_EXPECT(left.common_labels(right) == right.common_labels(left));
  FUZZ_EXPECT(left.is_within(right) == (left.common_labels(right) == right.label_count()));
  FUZZ_EXPECT(left.suffix(left.common_labels(right)) == right.suffix(left.common_labels(right)));
  if (!left.is_within(right)) return;
  const auto moved = Name::replace_suffix(left, right, NameView());
  FUZZ_EXPECT(moved.has_value() && moved->view().label_count() == left.label_count() - right.label_count());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const base::Bytes bytes(data, size);
  Name previous;
  for (size_t offset = 0; offset < size && offset < 16; ++offset) {
    size_t end = 0;
    const auto name = Name::from_message(bytes, offset, &end);
    const auto checked = Name::check_in_message(bytes, offset);
    FUZZ_EXPECT(name.has_value() == checked.has_value());
    const auto plain = NameView::parse(bytes.subspan(offset));
    if (plain) FUZZ_EXPECT(name.has_value() && plain->equals_exactly(*name) && end == offset + plain->size());
    if (!name) {
      FUZZ_EXPECT(name.error() == checked.error());
      continue;
    }
    FUZZ_EXPECT(end == *checked && end > offset && end <= size);
    FUZZ_EXPECT(NameView::parse(name->view().bytes()).has_value());
    check_text(*name);
    check_pair(*name, previous);
    previous = *name;
  }
  const auto from_text = Name::from_text(base::as_text(bytes));
  if (from_text) {
    FUZZ_EXPECT(NameView::parse(from_text->view().bytes())->size() == from_text->view().size());
    check_text(*from_text);
    check_pair(previous, *from_text);
  }
  return 0;
}
