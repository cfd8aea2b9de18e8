// Replays files and folders given as arguments through one fuzz target: what `make check` runs instead of libFuzzer.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  std::size_t runs = 0;
  auto run = [&](const fs::path& p) {
    std::ifstream in(p, std::ios::binary);
    std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    // Every prefix-truncation at eight places: cut input is the commonest hostile input.
    for (std::size_t i = 1; i < 8; ++i) LLVMFuzzerTestOneInput(bytes.data(), bytes.size() * i / 8);
    ++runs;
  };
  for (int i = 1; i < argc; ++i) {
    if (fs::is_directory(argv[i])) {
      for (const auto& e : fs::recursive_directory_iterator(argv[i]))
        if (e.is_regular_file()) run(e.path());
    } else if (fs::exists(argv[i])) {
      run(argv[i]);
    }
  }
  std::printf("%zu inputs\n", runs);
  return runs == 0 ? 1 : 0;  // an empty corpus proves nothing
}
