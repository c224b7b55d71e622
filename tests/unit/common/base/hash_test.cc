#include "common/base/hash.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

HashKey ReferenceKey() {
  HashKey key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<unsigned char>(i);
  return key;
}

// vectors_sip128 of the authors' reference implementation: key 00..0f, message 00..len-1.
TEST(HashTest, KeyedHashEqualsTheReferenceVectors) {
  EXPECT_EQ(Hex(KeyedHash(ReferenceKey(), "").view()), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(Hex(KeyedHash(ReferenceKey(), std::string("\0", 1)).view()),
            "da87c1d86b99af44347659119b22fc45");
}

TEST(HashTest, EveryByteOfTheMessageCounts) {
  std::string message(64, 'x');
  const Hash128 whole = KeyedHash(ReferenceKey(), message);
  for (size_t i = 0; i < message.size(); ++i) {
    std::string other = message;
    other[i] = 'y';
    EXPECT_NE(KeyedHash(ReferenceKey(), other), whole) << i;
  }
}

TEST(HashTest, Sha256InPiecesEqualsTheWhole) {
  Sha256 hash;
  hash.Update("ab");
  hash.Update("c");
  EXPECT_EQ(hash.FinishHex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace sluice::base
