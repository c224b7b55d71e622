// Says which encoding every file of a folder of labelled files is found to have, for
// detection_peers.py. Standard input: paths, one a line. Out: verdict, certainty and path, with
// tabs between, and the decoded text in FOLDER/N.txt, N from 0.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "common/formats/detect_encoding.h"
#include "common/formats/text_decoder.h"

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "";
  constexpr size_t kHead = size_t{256} * 1024;
  std::string path;
  for (int n = 0; std::getline(std::cin, path); ++n) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    if (bytes.empty()) continue;
    const std::string_view head = std::string_view(bytes).substr(0, kHead);
    std::vector<sluice::formats::Sample> samples = {{head, 0, head.size() == bytes.size()}};
    if (bytes.size() > kHead) {
      samples.push_back({std::string_view(bytes).substr(kHead), kHead, true});
    }
    const auto found = sluice::formats::DetectEncoding(samples);
    if (!found) {
      std::cout << "none\trefused\t" << path << "\n";
      continue;
    }
    std::cout << Name(found->encoding) << "\t" << Name(found->finding.certainty) << "\t" << path
              << "\n";
    if (folder.empty()) continue;
    const size_t bom = found->bom ? BomLength(found->encoding) : 0;
    std::ofstream(folder + "/" + std::to_string(n) + ".txt", std::ios::binary)
        << sluice::formats::DecodeSample(found->encoding, std::string_view(bytes).substr(bom), true)
               .text;
  }
  return 0;
}
