// Journal: who wants to know what is put into the cache and what is taken out, so that it can
// outlive the process. The engines tell; store/ listens.
//
// Called by workers on their way: an implementation never waits, takes no more than a few hundred
// nanoseconds and keeps no reference to what it is given. Any number of threads at once.
#pragma once

#include "cache/entry.h"
#include "cache/key.h"

namespace cache {

class Journal {
 public:
  virtual ~Journal() = default;
  // `entry` is in the cache now. The caller is online.
  virtual void on_publish(const Entry& entry) = 0;
  // What was known under this key no longer holds, whether the cache has it or not. Called before it
  // is taken out of the cache: a restore() that races with it then either sees this call or is seen
  // by the removal.
  virtual void on_remove(wire::NameView name, wire::Type type, Space space) = 0;
};

}  // namespace cache
