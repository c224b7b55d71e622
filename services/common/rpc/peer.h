// A server as who asks it sees it: where it is, and how both show who they are. Without the headers
// of gRPC, for who only passes it on.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace sluice::rpc {

// A value; thread-compatible. Files are in PEM but for the token's, and are read again when they
// change.
struct Peer {
  // host:port, several as ipv4:ADDRESS:PORT,ADDRESS:PORT, or unix:PATH. Empty = none.
  std::string address;
  // Authorities of the server's certificate. Empty = no TLS.
  std::string ca_file;
  // Of this client, for a server that asks for it: both or none.
  std::string certificate_file;
  std::string key_file;
  // What is sent with every call: the token, else the one in the file, else nothing.
  std::string token;
  std::string token_file;
  // A token may cross a network without TLS.
  bool insecure = false;

  // InvalidArgument names the setting to change.
  absl::Status Validate() const;
};

// InvalidArgument when it is none of the forms of Peer::address; what it must look like.
absl::Status CheckAddress(const std::string& address);

// True for an address that no other machine can reach: host:port, a host alone, or as above.
bool IsLoopback(const std::string& address);

}  // namespace sluice::rpc
