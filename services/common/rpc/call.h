// The client's side: channels with limits, and calls with a deadline that are tried again while the
// other side is away.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/peer.h"

namespace sluice::rpc {

// Connects when it is first used, and again when it was lost. Every call carries the peer's token.
std::shared_ptr<grpc::Channel> OpenChannel(const Peer& peer);

struct CallOptions {
  // Of one attempt, with the time it takes to connect.
  absl::Duration deadline = absl::Seconds(10);
  // Unavailable is tried again for as long: a server that starts, restarts or is behind a slow
  // link. Zero = once. What TLS refuses is not tried again, nor a socket of this machine for long.
  absl::Duration patience = absl::Seconds(5);
  // Called once, when it has been waited for two seconds.
  std::function<void()> on_wait;
};

// What one attempt does.
using Attempt = std::function<grpc::Status(grpc::ClientContext& context)>;

// The status of the last attempt; Unavailable says which address does not answer.
absl::Status Call(const Peer& peer, const CallOptions& options, const Attempt& attempt);

// For streams: no deadline for the whole, the peer for messages.
absl::Status StatusOfStream(const Peer& peer, const grpc::Status& status);

}  // namespace sluice::rpc
