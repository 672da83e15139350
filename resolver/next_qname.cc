#include "resolver/next_qname.h"

#include <algorithm>

#include "base/check.h"

namespace resolver {

size_t next_qname_labels(wire::NameView name, size_t known_labels, uint8_t steps) {
  const size_t label_count = name.label_count();
  CHECK(known_labels < label_count);
  if (steps >= kMinimiseCountMax) return label_count;
  const size_t remaining = label_count - known_labels;
  // RFC 9156 §2.3: what is left is spread evenly over the steps that are left.
  const size_t steps_left = size_t{kMinimiseCountMax} - steps;
  const size_t step_labels = steps < kMinimiseOneLabelCount ? 1 : (remaining + steps_left - 1) / steps_left;
  size_t labels = std::min(known_labels + step_labels, label_count);
  while (labels < label_count && name.suffix(labels).first_label()[0] == '_') ++labels;
  return labels;
}

}  // namespace resolver
