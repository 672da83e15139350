#include "message.h"

#include "wire/rdata.h"

namespace scenario {
namespace {

void append_u16(std::vector<uint8_t>& out, uint16_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

void append_bytes(std::vector<uint8_t>& out, base::Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_record(std::vector<uint8_t>& out, const wire::OwnedRecord& record) {
  append_bytes(out, record.owner.view().bytes());
  append_u16(out, static_cast<uint16_t>(record.type));
  append_u16(out, static_cast<uint16_t>(record.klass));
  append_u16(out, static_cast<uint16_t>(record.ttl >> 16));
  append_u16(out, static_cast<uint16_t>(record.ttl));
  append_u16(out, static_cast<uint16_t>(record.rdata.size()));
  append_bytes(out, record.rdata);
}

void append_opt(std::vector<uint8_t>& out, const EdnsFields& edns, wire::Rcode rcode) {
  out.push_back(0);
  append_u16(out, static_cast<uint16_t>(wire::Type::kOpt));
  append_u16(out, edns.size);
  out.push_back(static_cast<uint8_t>(static_cast<uint16_t>(rcode) >> 4));
  out.push_back(edns.version);
  append_u16(out, edns.dnssec_ok ? 0x8000 : 0);
  std::vector<uint8_t> rdata;
  for (const Option& option : edns.options) {
    append_u16(rdata, option.code);
    append_u16(rdata, static_cast<uint16_t>(option.value.size()));
    append_bytes(rdata, option.value);
  }
  append_u16(out, static_cast<uint16_t>(rdata.size()));
  append_bytes(out, rdata);
}

EdnsFields read_edns(const wire::Edns& edns, std::optional<uint16_t>& extended_error) {
  EdnsFields fields;
  fields.present = true;
  fields.size = edns.payload_bytes;
  fields.version = edns.version;
  fields.dnssec_ok = edns.dnssec_ok;
  base::Bytes rest = edns.options;
  while (rest.size() >= 4) {
    const size_t size = base::load_be16(rest.data() + 2);
    if (rest.size() < 4 + size) break;
    fields.options.push_back(
        {base::load_be16(rest.data()), {rest.begin() + 4, rest.begin() + 4 + static_cast<ptrdiff_t>(size)}});
    rest = rest.subspan(4 + size);
  }
  if (edns.extended_error) extended_error = static_cast<uint16_t>(edns.extended_error->code);
  return fields;
}

}  // namespace

std::vector<uint8_t> write_message(uint16_t id, const Packet& packet, const EdnsFields& edns) {
  std::vector<uint8_t> out;
  append_u16(out, id);
  const auto rcode = static_cast<uint16_t>(packet.rcode);
  const auto bit = [](bool value, int place) { return static_cast<uint16_t>(value ? 1U << place : 0U); };
  append_u16(out, static_cast<uint16_t>(bit(packet.qr, 15) | (static_cast<uint16_t>(packet.opcode) << 11) |
                                        bit(packet.aa, 10) | bit(packet.tc, 9) | bit(packet.rd, 8) | bit(packet.ra, 7) |
                                        bit(packet.ad, 5) | bit(packet.cd, 4) | (rcode & 15)));
  append_u16(out, static_cast<uint16_t>(packet.questions.size()));
  for (const auto& section : packet.sections) append_u16(out, static_cast<uint16_t>(section.size()));
  if (edns.present) ++out[11];
  for (const Question& question : packet.questions) {
    append_bytes(out, question.name.view().bytes());
    append_u16(out, static_cast<uint16_t>(question.type));
    append_u16(out, static_cast<uint16_t>(question.klass));
  }
  for (const auto& section : packet.sections) {
    for (const wire::OwnedRecord& record : section) append_record(out, record);
  }
  if (edns.present) append_opt(out, edns, packet.rcode);
  return out;
}

std::optional<Decoded> read_message(base::Bytes bytes) {
  const auto view = wire::MessageView::parse(bytes);
  if (!view) return std::nullopt;
  Decoded message;
  const wire::Header& header = view->header();
  message.id = header.id;
  Packet& packet = message.packet;
  packet.qr = header.qr;
  packet.aa = header.aa;
  packet.tc = header.tc;
  packet.rd = header.rd;
  packet.ra = header.ra;
  packet.ad = header.ad;
  packet.cd = header.cd;
  packet.opcode = header.opcode;
  packet.rcode = view->rcode();
  if (view->question())
    packet.questions.push_back({view->question()->name, view->question()->type, view->question()->klass});
  for (size_t section = 0; section < 3; ++section) {
    for (const wire::RecordView& record : view->section(static_cast<wire::Section>(section))) {
      if (record.type == wire::Type::kOpt) continue;
      wire::OwnedRecord owned{view->owner(record), record.type, record.klass, record.ttl, {}};
      if (!wire::append_expanded_rdata(*view, record, owned.rdata)) return std::nullopt;
      packet.sections[section].push_back(std::move(owned));
    }
  }
  if (view->edns()) message.edns = read_edns(*view->edns(), message.extended_error);
  packet.dnssec_ok = message.edns.dnssec_ok;
  return message;
}

std::string to_text(const Question& question) {
  return question.name.to_text() + " " + wire::to_text(question.klass) + " " + wire::to_text(question.type);
}

std::string to_text(const wire::OwnedRecord& record) {
  return record.owner.to_text() + " " + std::to_string(record.ttl) + " " + wire::to_text(record.klass) + " " +
         wire::to_text(record.type) + " " + wire::rdata_to_text(record.type, record.rdata);
}

std::string flags_to_text(const Packet& packet) {
  std::string text;
  const auto add = [&](bool value, const char* name) {
    if (value) text += (text.empty() ? "" : " ") + std::string(name);
  };
  add(packet.qr, "QR");
  add(packet.aa, "AA");
  add(packet.tc, "TC");
  add(packet.rd, "RD");
  add(packet.ra, "RA");
  add(packet.ad, "AD");
  add(packet.cd, "CD");
  return text;
}

std::string to_text(const Decoded& message) {
  std::string text = flags_to_text(message.packet) + " " + wire::to_text(message.packet.rcode);
  if (message.extended_error) text += " EDE " + std::to_string(*message.extended_error);
  for (const Question& question : message.packet.questions) text += "\n  question " + to_text(question);
  static const char* const kNames[] = {"answer", "authority", "additional"};
  for (size_t section = 0; section < 3; ++section) {
    for (const auto& record : message.packet.sections[section])
      text += "\n  " + std::string(kNames[section]) + " " + to_text(record);
  }
  return text;
}

}  // namespace scenario
