#include "wire/message.h"

namespace wire {
namespace {

constexpr size_t kQuestionFixedBytes = 4;  // type, class
constexpr size_t kRecordFixedBytes = 10;   // type, class, TTL, RDLENGTH

// Just after a name that has been checked before.
size_t skip_checked_name(const uint8_t* message, size_t at) {
  for (;;) {
    const uint8_t length = message[at];
    if (length == 0) return at + 1;
    if (length > kLabelBytesMax) return at + 2;
    at += size_t{length} + 1;
  }
}

// The record whose owner ends at `fixed`. REQUIRES: its fixed part and RDATA lie in the message.
RecordView read_record(base::Bytes message, size_t owner, size_t fixed) {
  const uint8_t* at = message.data() + fixed;
  RecordView record;
  record.owner_offset = static_cast<uint32_t>(owner);
  record.type = static_cast<Type>(base::load_be16(at));
  record.klass = static_cast<Class>(base::load_be16(at + 2));
  record.ttl = base::load_be32(at + 4);
  record.rdata_offset = static_cast<uint32_t>(fixed + kRecordFixedBytes);
  record.rdata = message.subspan(record.rdata_offset, base::load_be16(at + 8));
  return record;
}

}  // namespace

Parsed<Header> Header::parse(base::Bytes message) {
  if (message.size() < kHeaderBytes) return base::error(ParseError::kTruncated);
  return read(message.data());
}

RecordRange::Iterator::Iterator(base::Bytes message, size_t offset, uint16_t left)
    : message_(message), offset_(offset), left_(left) {
  read();
}

RecordRange::Iterator& RecordRange::Iterator::operator++() {
  --left_;
  read();
  return *this;
}

void RecordRange::Iterator::read() {
  if (left_ == 0) return;
  record_ = read_record(message_, offset_, skip_checked_name(message_.data(), offset_));
  offset_ = record_.rdata_offset + record_.rdata.size();
}

Parsed<RecordView> read_record_at(base::Bytes message, size_t offset) {
  const auto fixed = Name::check_in_message(message, offset);
  if (!fixed) return base::error(fixed.error());
  if (message.size() - *fixed < kRecordFixedBytes) return base::error(ParseError::kTruncated);
  const size_t rdata_bytes = base::load_be16(message.data() + *fixed + 8);
  if (message.size() - *fixed - kRecordFixedBytes < rdata_bytes) return base::error(ParseError::kTruncated);
  return read_record(message, offset, *fixed);
}

Parsed<size_t> MessageView::parse_questions() {
  size_t at = kHeaderBytes;
  for (uint16_t left = header_.question_count; left > 0; --left) {
    const size_t start = at;
    const auto end = Name::check_in_message(message_, start);
    if (!end) return base::error(end.error());
    if (message_.size() - *end < kQuestionFixedBytes) return base::error(ParseError::kTruncated);
    at = *end + kQuestionFixedBytes;
    if (header_.question_count != 1) continue;
    const uint8_t* fixed = message_.data() + *end;
    question_ = Question{*Name::from_message(message_, start), static_cast<Type>(base::load_be16(fixed)),
                         static_cast<Class>(base::load_be16(fixed + 2))};
  }
  return at;
}

Parsed<MessageView> MessageView::parse(base::Bytes message) {
  const auto header = Header::parse(message);
  if (!header) return base::error(header.error());
  MessageView view;
  view.message_ = message;
  view.header_ = *header;
  const auto questions_end = view.parse_questions();
  if (!questions_end) return base::error(questions_end.error());
  size_t at = *questions_end;
  for (const Section section : {Section::kAnswer, Section::kAuthority, Section::kAdditional}) {
    view.section_offset_[static_cast<size_t>(section)] = static_cast<uint32_t>(at);
    for (uint16_t left = view.section(section).count(); left > 0; --left) {
      const auto record = read_record_at(message, at);
      if (!record) return base::error(record.error());
      at = record->rdata_offset + record->rdata.size();
      if (record->type != Type::kOpt) continue;
      const bool owner_is_root = message[record->owner_offset] == 0;
      if (section != Section::kAdditional || !owner_is_root || view.edns_) return base::error(ParseError::kBadOpt);
      const auto edns = Edns::parse(static_cast<uint16_t>(record->klass), record->ttl, record->rdata);
      if (!edns) return base::error(edns.error());
      view.edns_ = *edns;
    }
  }
  return view;
}

Rcode MessageView::rcode() const {
  const unsigned upper = edns_ ? edns_->extended_rcode : 0U;
  return static_cast<Rcode>((upper << 4) | header_.rcode);
}

RecordRange MessageView::section(Section section) const {
  const std::array<uint16_t, 3> counts = {header_.answer_count, header_.authority_count, header_.additional_count};
  const auto index = static_cast<size_t>(section);
  return {message_, section_offset_[index], counts[index]};
}

Name MessageView::owner(const RecordView& record) const {
  return Name::from_message(message_, record.owner_offset).value_or(Name());
}

}  // namespace wire
