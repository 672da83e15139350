// bailiwick: what a malicious server says about names outside of its own zone is in no answer and
// in no cache entry, and nobody is asked whom it must never be asked.
#include "tests/sim/checker.h"
#include "tests/sim/checkers/marker.h"
#include "wire/rdata.h"

namespace sim {
namespace {

class Bailiwick : public Checker {
 public:
  explicit Bailiwick(Scene& scene) : Checker("bailiwick", scene) {}

  void on_send(size_t, const resolver::SendQuery& effect) override { check_server(effect.server); }
  void on_stream_send(size_t, const base::Endpoint& server, base::Bytes) override { check_server(server); }

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    const auto view = wire::MessageView::parse(message);
    if (!view) return;
    for (const wire::Section section :
         {wire::Section::kAnswer, wire::Section::kAuthority, wire::Section::kAdditional}) {
      for (const wire::RecordView& record : view->section(section)) {
        if (record.type == wire::Type::kOpt) continue;
        Rdata rdata;
        if (!wire::append_expanded_rdata(*view, record, rdata)) continue;
        const wire::Name owner = view->owner(record);
        if (scene_.reference.is_evil(owner) || !contains_marker(rdata, liar_address, kLiarLabel)) continue;
        fail("a liar's record at " + owner.to_text() + " in the answer to " + to_text(query.question));
      }
    }
  }

  void on_end_of_phase(Phase) override {
    scene_.cache.for_each([this](const cache::Entry& entry) {
      if (entry.header().kind == cache::Kind::kFailure || scene_.reference.is_evil(entry.name())) return;
      if (contains_marker(entry.body(), liar_address, kLiarLabel))
        fail("a liar's record in the cache at " + entry.name().to_text());
    });
  }

 private:
  void check_server(const base::Endpoint& server) {
    for (const base::Prefix& prefix : scene_.world.options.never_query) {
      if (prefix.contains(server.address)) fail("asked a server that must never be asked: " + server.to_text());
    }
  }
};

}  // namespace

std::unique_ptr<Checker> make_bailiwick(Scene& scene) { return std::make_unique<Bailiwick>(scene); }

}  // namespace sim
