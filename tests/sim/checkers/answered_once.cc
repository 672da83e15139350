// answered_once: every client gets exactly one answer, of its own question, not later than its
// deadline; a client that has gone gets none.
#include <map>

#include "tests/sim/checker.h"

namespace sim {
namespace {

// A worker notices its timers a little late.
constexpr base::Duration kLateness = base::milliseconds(50);

class AnsweredOnce : public Checker {
 public:
  explicit AnsweredOnce(Scene& scene) : Checker("answered_once", scene) {}

  void on_query(const AskedQuery& query) override { open_[query.id] = &query; }

  void on_answer(const AskedQuery& query, base::Bytes message, bool /*is_hit*/) override {
    if (query.gone < now()) fail("an answer for a client that has gone: " + to_text(query.question));
    if (query.answers > 1) fail("a second answer to " + to_text(query.question));
    if (now() > query.asked + scene_.world.options.client_deadline + kLateness) {
      fail("an answer after the deadline to " + to_text(query.question));
    }
    check_form(query, message);
    open_.erase(query.id);
  }

  void on_end_of_phase(Phase) override {
    for (const auto& [id, query] : open_) {
      if (query->gone == base::Instant::never()) fail("no answer to " + to_text(query->question));
    }
    open_.clear();
  }

 private:
  void check_form(const AskedQuery& query, base::Bytes message) {
    const auto view = wire::MessageView::parse(message);
    if (!view) return fail("an answer that does not parse to " + to_text(query.question));
    const wire::Header& header = view->header();
    if (header.id != query.message_id || !header.qr || !header.ra)
      fail("a header that does not fit " + to_text(query.question));
    if (!view->question()) return;
    const bool same = view->question()->name.view().equals_exactly(query.question.name) &&
                      view->question()->type == query.question.type;
    if (!same) fail("an answer to another question than " + to_text(query.question));
  }

  std::map<uint64_t, const AskedQuery*> open_;
};

}  // namespace

std::unique_ptr<Checker> make_answered_once(Scene& scene) { return std::make_unique<AnsweredOnce>(scene); }

}  // namespace sim
