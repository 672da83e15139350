#include "bench/load/options.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string_view>

namespace bench {
namespace {

constexpr const char* kUsage =
    "bench_load --stream KIND[,count=N][,exponent=X][,zones=N][,rate=N] [--stream ...]\n"
    "  KIND: zipf, each, fresh\n"
    "  --server ADDRESS --port N --domain NAME --warm S --seconds S --timeout S --late-ms MS --late-percent P\n"
    "  --links N --window N --seed N --pid PID --tcp --unseen-ports --no-edns --dnssec-ok";

[[noreturn]] void fail(const std::string& sentence) {
  std::fprintf(stderr, "bench_load: %s\n%s\n", sentence.c_str(), kUsage);
  std::exit(2);
}

double number(std::string_view text) {
  const std::string terminated(text);
  char* end = nullptr;
  const double value = std::strtod(terminated.c_str(), &end);
  if (terminated.empty() || *end != '\0' || value < 0) fail("\"" + terminated + "\" is no number: give one");
  return value;
}

StreamOptions read_stream(const std::string& text) {
  StreamOptions stream;
  std::istringstream parts(text);
  std::string part;
  std::getline(parts, part, ',');
  if (part == "each")
    stream.kind = StreamOptions::Kind::kEach;
  else if (part == "fresh")
    stream.kind = StreamOptions::Kind::kFresh;
  else if (part != "zipf")
    fail("\"" + part + "\" is no kind of stream: take zipf, each or fresh");
  while (std::getline(parts, part, ',')) {
    const size_t equals = part.find('=');
    const std::string key = part.substr(0, equals);
    const double value = number(equals == std::string::npos ? "" : part.substr(equals + 1));
    if (key == "count")
      stream.count = static_cast<uint64_t>(value);
    else if (key == "exponent")
      stream.exponent = value;
    else if (key == "zones")
      stream.zones = static_cast<uint32_t>(value);
    else if (key == "rate")
      stream.rate = value;
    else
      fail("a stream has no \"" + key + "\": take count, exponent, zones or rate");
  }
  if (stream.count == 0 || stream.zones == 0 || stream.rate <= 0) fail("count, zones and rate are above 0");
  return stream;
}

bool read_switch(std::string_view name, LoadOptions& options) {
  if (name == "--tcp")
    options.tcp = true;
  else if (name == "--unseen-ports")
    options.unseen_ports = true;
  else if (name == "--no-edns")
    options.edns = false;
  else if (name == "--dnssec-ok")
    options.dnssec_ok = true;
  else
    return false;
  return true;
}

void read_value(const std::string& name, const std::string& value, LoadOptions& options) {
  if (name == "--stream")
    options.streams.push_back(read_stream(value));
  else if (name == "--server")
    options.server = value;
  else if (name == "--domain")
    options.domain = value;
  else if (name == "--port")
    options.port = static_cast<uint16_t>(number(value));
  else if (name == "--warm")
    options.warm_s = number(value);
  else if (name == "--seconds")
    options.seconds = number(value);
  else if (name == "--timeout")
    options.timeout_s = number(value);
  else if (name == "--late-ms")
    options.late_ms = number(value);
  else if (name == "--late-percent")
    options.late_percent_max = number(value);
  else if (name == "--links")
    options.links = static_cast<uint32_t>(number(value));
  else if (name == "--window")
    options.window = static_cast<uint32_t>(number(value));
  else if (name == "--seed")
    options.seed = static_cast<uint64_t>(number(value));
  else if (name == "--pid")
    options.pid = static_cast<int>(number(value));
  else
    fail("there is no " + name);
}

}  // namespace

LoadOptions read_options(int argc, char** argv) {
  LoadOptions options;
  for (int index = 1; index < argc; ++index) {
    if (read_switch(argv[index], options)) continue;
    if (index + 1 == argc) fail(std::string(argv[index]) + " needs a value");
    read_value(argv[index], argv[index + 1], options);
    ++index;
  }
  if (options.streams.empty()) fail("give at least one --stream");
  if (options.links == 0) fail("--links is above 0");
  if (options.tcp && options.unseen_ports) fail("--unseen-ports is for UDP");
  return options;
}

}  // namespace bench
