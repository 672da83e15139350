// bench_load: an open-loop generator of queries. Prints one JSON object; ends with 3 when more questions
// left late than allowed: such a run says something about the generator, not about the server.
#include <cstdio>

#include "bench/load/generator.h"

int main(int argc, char** argv) {
  const bench::LoadOptions options = bench::read_options(argc, argv);
  const auto generator = std::make_unique<bench::Generator>(options);
  const bench::RunFigures run = generator->run();
  std::puts(bench::to_json(run).c_str());
  return run.valid ? 0 : 3;
}
