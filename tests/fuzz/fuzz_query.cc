// parse_query on any bytes: what it hands out lies inside the packet, and what it serves is a
// message to the general parser as well, with the same question and EDNS.
#include "tests/fuzz/fuzz_support.h"
#include "wire/message.h"
#include "wire/query.h"

namespace {

bool lies_inside(base::Bytes part, base::Bytes whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_edns(const wire::Edns& edns, base::Bytes packet) {
  FUZZ_EXPECT(lies_inside(edns.options, packet));
  if (!edns.cookie) return;
  FUZZ_EXPECT(lies_inside(edns.cookie->client, packet) && edns.cookie->client.size() == wire::kClientCookieBytes);
  FUZZ_EXPECT(lies_inside(edns.cookie->server, packet) && edns.cookie->server.size() <= wire::kServerCookieBytesMax);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const base::Bytes packet(data, size);
  const wire::Query query = wire::parse_query(packet);
  FUZZ_EXPECT(lies_inside(query.question_bytes, packet));
  if (query.edns) check_edns(*query.edns, packet);
  const bool is_response = size >= 3 && (data[2] & 0x80) != 0;
  FUZZ_EXPECT((query.verdict == wire::QueryVerdict::kDrop) == (size < wire::kHeaderBytes || is_response));
  if (!query.question_bytes.empty()) {
    FUZZ_EXPECT(query.question_bytes.data() == data + wire::kHeaderBytes);
    FUZZ_EXPECT(query.question_bytes.size() == query.name.size() + 4);
    FUZZ_EXPECT(query.name.bytes().data() == query.question_bytes.data());
    FUZZ_EXPECT(wire::NameView::parse(query.name.bytes()).has_value());
  }
  const auto view = wire::MessageView::parse(packet);
  if (query.verdict == wire::QueryVerdict::kServe) {
    FUZZ_EXPECT(view.has_value() && view->question().has_value());
    FUZZ_EXPECT(view->question()->name.view().equals_exactly(query.name));
    FUZZ_EXPECT(view->question()->type == query.type && view->question()->klass == query.klass);
    FUZZ_EXPECT(view->edns().has_value() == query.edns.has_value());
    FUZZ_EXPECT(query.header.opcode == wire::Opcode::kQuery && query.rcode == wire::Rcode::kNoerror);
    return 0;
  }
  // The reverse: a plain, well-formed query with one question is served, unless its question is
  // compressed, its cookie malformed, or its EDNS of another version.
  if (!view || !view->question() || is_response || view->header().opcode != wire::Opcode::kQuery) return 0;
  const auto& header = view->header();
  const bool compressed = !wire::NameView::parse(packet.subspan(wire::kHeaderBytes)).has_value();
  const bool odd_edns = view->edns() && (view->edns()->malformed_cookie || view->edns()->version > 0);
  FUZZ_EXPECT(header.answer_count != 0 || header.authority_count != 0 || compressed || odd_edns);
  return 0;
}
