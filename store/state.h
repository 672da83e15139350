// StateSection: what is learned beside entries and is small enough to be written whole now and then: servers'
// health, the managed keys of trust anchors. Kept in chunks that the store seals with a checksum.
#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/instant.h"
#include "store/times.h"

namespace store {

class StateSection {
 public:
  virtual ~StateSection() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  // Times go to disk as wall time. At most some kilobytes a chunk. The store's thread calls both; restore() of one
  // that is restored first is called by the thread that made the store.
  virtual void save(const TimeBase& times, const std::function<void(base::Bytes chunk)>& emit) const = 0;
  // One chunk as save() gave it, perhaps by an older release: a section begins with its own version.
  virtual void restore(const TimeBase& times, base::Bytes chunk) = 0;
};

}  // namespace store
