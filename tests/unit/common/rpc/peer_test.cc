#include "common/rpc/peer.h"

#include <gtest/gtest.h>

#include "common/rpc/server.h"

namespace sluice::rpc {
namespace {

TEST(PeerTest, LoopbackIsWhatNoOtherMachineReaches) {
  for (const char* address : {"127.0.0.1", "127.0.0.1:7400", "127.9.9.9:1", "localhost",
                              "localhost:7400", "::1", "[::1]:7400", "unix:/tmp/socket",
                              "ipv4:127.0.0.1:7400,127.0.0.1:7401", "dns:localhost:7400"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address :
       {"0.0.0.0", "0.0.0.0:7400", "::", "[::]:7400", "control:7400", "10.0.0.1",
        "localhost.example", "ipv4:127.0.0.1:7400,10.0.0.1:7400", ""}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST(PeerTest, WhatIsNoAddressIsSaidBeforeItIsDialled) {
  for (const char* address : {"127.0.0.1:7400", "control:7400", "my-host.example_1:1",
                              "[::1]:65535", "unix:/tmp/socket", "ipv4:10.0.0.1:7400,10.0.0.2:7400",
                              "ipv6:[::1]:7400", "dns:control:7400", "dns:///control:7400"}) {
    EXPECT_TRUE(CheckAddress(address).ok()) << address;
  }
  for (const char* address :
       {"", "garbage", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:0", "a:-1", "a:1x",
        ":7400", "http://127.0.0.1:7400", "a:1,b:2", "unix:", "ipv4:", "ipv4:10.0.0.1:1,", "a b:1",
        "::1:7400", "a:18446744073709551617"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckAddress(address))) << address;
  }
}

TEST(PeerTest, ATokenDoesNotCrossANetworkInTheClear) {
  Peer peer;
  peer.address = "control:7400";
  EXPECT_TRUE(peer.Validate().ok());
  peer.token = "secret";
  const absl::Status refused = peer.Validate();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_EQ(refused.ToString().find("secret"), std::string::npos);
  peer.insecure = true;
  EXPECT_TRUE(peer.Validate().ok());
  peer.insecure = false;
  peer.address = "127.0.0.1:7400";
  EXPECT_TRUE(peer.Validate().ok());
}

TEST(ServerOptionsTest, ExposedIsWhatOthersReachWithoutTlsOrWithoutAskingWhoTheyAre) {
  ServerOptions options;
  EXPECT_TRUE(CheckExposure(options).ok());
  options.host = "0.0.0.0";
  EXPECT_FALSE(CheckExposure(options).ok());
  options.tls.certificate_file = "certificate";
  options.tls.key_file = "key";
  EXPECT_FALSE(CheckExposure(options).ok());
  options.access_file = "access";
  EXPECT_TRUE(CheckExposure(options).ok());
  options.access_file.clear();
  options.tls.client_ca_file = "authority";
  EXPECT_TRUE(CheckExposure(options).ok());
  options.tls = {};
  options.access_file = "access";
  EXPECT_FALSE(CheckExposure(options).ok());
}

}  // namespace
}  // namespace sluice::rpc
