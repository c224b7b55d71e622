#include "common/telemetry/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>

namespace sluice::telemetry {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A plain socket, so that the test does not trust the library under test.
class Connection {
 public:
  explicit Connection(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connected() const { return connected_; }
  void Send(const std::string& text) { send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  // Everything until the server closes, or nothing more came for 10 s.
  std::string ReadAll() {
    std::string all;
    char buffer[4096];
    while (true) {
      const ssize_t count = recv(fd_, buffer, sizeof(buffer), 0);
      if (count <= 0) return all;
      all.append(buffer, static_cast<size_t>(count));
    }
  }

 private:
  int fd_;
  bool connected_ = false;
};

std::string Exchange(uint16_t port, const std::string& request) {
  Connection connection(port);
  EXPECT_TRUE(connection.connected());
  connection.Send(request);
  return connection.ReadAll();
}

std::string Get(uint16_t port, const std::string& target) {
  return Exchange(port, "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
}

class HttpServerTest : public ::testing::Test {
 protected:
  Registry registry_;
  HttpServer server_{{.port = 0}, registry_};
};

TEST_F(HttpServerTest, ServesTheMetrics) {
  registry_.MakeCounter({"sluice_records_total", "Records.", {}, {}}).Add(12);
  ASSERT_TRUE(server_.Start().ok());
  const std::string answer = Get(server_.port(), "/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(answer, HasSubstr("sluice_records_total 12"));
}

TEST_F(HttpServerTest, WhatIsWellMayHaveANote) {
  std::string note;
  absl::Status status;
  server_.AddReadinessCheck(
      "partitions", [&] { return status; }, [&] { return note; });
  ASSERT_TRUE(server_.Start().ok());
  EXPECT_THAT(Get(server_.port(), "/readyz?verbose"), HasSubstr("[+]partitions ok\nok\n"));
  note = "map is idle";
  EXPECT_THAT(Get(server_.port(), "/readyz?verbose"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("[+]partitions ok: map is idle\nok\n")));
  status = absl::UnavailableError("no answer");
  EXPECT_THAT(Get(server_.port(), "/readyz?verbose"),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("[-]partitions no answer\nnot ok\n")));
}

TEST_F(HttpServerTest, ReadinessFollowsItsChecksAndLivenessItsOwn) {
  std::atomic<bool> ready = false;
  server_.AddReadinessCheck("log", [] { return absl::OkStatus(); });
  server_.AddReadinessCheck("control", [&] {
    return ready ? absl::OkStatus() : absl::UnavailableError("adopting plans");
  });
  ASSERT_TRUE(server_.Start().ok());
  EXPECT_THAT(Get(server_.port(), "/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get(server_.port(), "/readyz"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Get(server_.port(), "/readyz?verbose"),
              HasSubstr("[+]log ok\n[-]control adopting plans\nnot ok\n"));
  ready = true;
  EXPECT_THAT(Get(server_.port(), "/readyz?a=b&verbose=1"),
              HasSubstr("[+]log ok\n[+]control ok\nok\n"));
}

TEST_F(HttpServerTest, RefusesOtherPathsMethodsAndMalformedRequests) {
  ASSERT_TRUE(server_.Start().ok());
  EXPECT_THAT(Get(server_.port(), "/"), StartsWith("HTTP/1.1 404"));
  const std::string posted = Exchange(
      server_.port(), "POST /metrics HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(posted, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(posted, HasSubstr("Allow: GET, HEAD"));
  EXPECT_THAT(Exchange(server_.port(), "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpServerTest, RefusesHeadersAndBodiesOverTheLimit) {
  ASSERT_TRUE(server_.Start().ok());
  EXPECT_THAT(Exchange(server_.port(), "GET /livez HTTP/1.1\r\nX: " + std::string(20000, 'a')),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Exchange(server_.port(), "POST /livez HTTP/1.1\r\nContent-Length: 99999\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, AnswersSeveralRequestsOnOneConnection) {
  ASSERT_TRUE(server_.Start().ok());
  const std::string one = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string last = "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const std::string answers = Exchange(server_.port(), one + one + last);
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answers, HasSubstr("HTTP/1.1 404"));
}

TEST(HttpServerLimitsTest, ASilentConnectionIsClosed) {
  Registry registry;
  HttpServer server({.port = 0, .idle_timeout = absl::Milliseconds(50)}, registry);
  ASSERT_TRUE(server.Start().ok());
  Connection silent(server.port());
  const absl::Time begin = absl::Now();
  EXPECT_EQ(silent.ReadAll(), "");
  EXPECT_LT(absl::Now() - begin, absl::Seconds(9));
}

TEST_F(HttpServerTest, StartAndStopCanBeRepeated) {
  ASSERT_TRUE(server_.Start().ok());
  const uint16_t port = server_.port();
  ASSERT_TRUE(server_.Start().ok());
  EXPECT_EQ(server_.port(), port);
  server_.Stop();
  server_.Stop();
  EXPECT_EQ(server_.port(), 0);
  EXPECT_FALSE(Connection(port).connected());
  ASSERT_TRUE(server_.Start().ok());
  EXPECT_THAT(Get(server_.port(), "/livez"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, SaysWhichAddressIsTaken) {
  ASSERT_TRUE(server_.Start().ok());
  HttpServer second({.port = server_.port()}, registry_);
  const absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message().data(), status.message().size()),
              HasSubstr("http.port"));
  HttpServer nowhere({.host = "no such host"}, registry_);
  EXPECT_EQ(nowhere.Start().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::telemetry
