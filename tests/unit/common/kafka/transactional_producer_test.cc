// Every row of the table of transaction errors, against librdkafka's mock broker.
#include "common/kafka/transactional_producer.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <ostream>

#include "common/base/status.h"

namespace sluice::kafka {
namespace {

constexpr int16_t kAddPartitions = 24;
constexpr int16_t kAddOffsets = 25;
constexpr int16_t kEndTxn = 26;
constexpr int16_t kTxnOffsetCommit = 28;
constexpr int16_t kInitProducerId = 22;

class MockCluster {
 public:
  MockCluster() {
    std::array<char, 256> error{};
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error.data(), error.size());
    cluster_ = rd_kafka_mock_cluster_new(client_, 1);
    rd_kafka_mock_topic_create(cluster_, "topic", 1, 1);
  }
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  std::string address() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  // The next request of the kind is answered like this.
  void FailNext(int16_t api, rd_kafka_resp_err_t error) {
    rd_kafka_mock_push_request_errors(cluster_, api, 1, error);
  }

 private:
  rd_kafka_t* client_;
  rd_kafka_mock_cluster_t* cluster_;
};

class TransactionalProducerTest : public ::testing::Test {
 protected:
  TransactionalProducerTest() {
    settings_.brokers = cluster_.address();
    settings_.transaction_timeout = absl::Seconds(6);
    options_.transactional_id = "test.stage.0";
    producer_ = std::make_unique<TransactionalProducer>(options_, settings_, clock_, observer_);
  }
  // One record and one offset in a transaction.
  absl::Status Transact() {
    SLUICE_RETURN_IF_ERROR(producer_->Prepare());
    SLUICE_RETURN_IF_ERROR(producer_->Begin());
    producer_->Append(0, "topic", 0, {}, "", "value");
    const PartitionList offsets(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(offsets.get(), "topic", 0)->offset = 5;
    rd_kafka_consumer_group_metadata_t* const member =
        rd_kafka_consumer_group_metadata_new("group");
    const absl::Status status = producer_->Commit(*offsets, member);
    rd_kafka_consumer_group_metadata_destroy(member);
    return status;
  }

  MockCluster cluster_;
  KafkaSettings settings_;
  ProducerOptions options_;
  base::SystemClock clock_;
  KafkaObserver observer_;
  std::unique_ptr<TransactionalProducer> producer_;
};

enum class Expect {
  kOk,       // retried until it went through
  kAborted,  // refused, the producer goes on
  kLost,     // refused, the producer is made anew
  kUnknown,  // perhaps committed, the producer is made anew
  kEither,   // one of the last two, as it happens to be noticed
};

struct Row {
  const char* name;
  int16_t api;
  rd_kafka_resp_err_t error;
  Expect expect;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

class TransactionErrorTest : public TransactionalProducerTest,
                             public ::testing::WithParamInterface<Row> {};

TEST_P(TransactionErrorTest, LeadsWhereTheTableSays) {
  ASSERT_TRUE(Transact().ok());
  cluster_.FailNext(GetParam().api, GetParam().error);
  const absl::Status status = Transact();
  const bool lost = producer_->TakeLoss();
  switch (GetParam().expect) {
    case Expect::kOk:
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_FALSE(lost);
      break;
    case Expect::kAborted:
      EXPECT_FALSE(status.ok());
      EXPECT_FALSE(absl::IsUnknown(status)) << status;
      EXPECT_FALSE(lost) << status;
      break;
    case Expect::kLost:
      EXPECT_TRUE(absl::IsAborted(status)) << status;
      EXPECT_TRUE(lost);
      break;
    case Expect::kUnknown:
      EXPECT_TRUE(absl::IsUnknown(status)) << status;
      EXPECT_TRUE(lost);
      break;
    case Expect::kEither:
      EXPECT_TRUE(absl::IsUnknown(status) || absl::IsAborted(status)) << status;
      EXPECT_TRUE(lost);
      break;
  }
  // Whatever it was, the next transaction goes through.
  const absl::Status next = Transact();
  EXPECT_TRUE(next.ok()) << next;
}

constexpr std::array kRows = {
    Row{"OffsetsEpoch", kAddOffsets, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Expect::kLost},
    Row{"OffsetsState", kAddOffsets, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Expect::kLost},
    Row{"OffsetsRights", kAddOffsets, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        Expect::kLost},
    Row{"OffsetsGroupRights", kAddOffsets, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
        Expect::kAborted},
    Row{"OffsetsUnheardOf", kAddOffsets, RD_KAFKA_RESP_ERR_UNKNOWN, Expect::kAborted},
    Row{"OffsetsMoved", kAddOffsets, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Expect::kOk},
    Row{"OffsetsConcurrent", kAddOffsets, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Expect::kOk},
    Row{"CommitEpoch", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Expect::kLost},
    Row{"CommitMapping", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
        Expect::kLost},
    Row{"CommitGeneration", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
        Expect::kAborted},
    Row{"CommitMember", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, Expect::kAborted},
    Row{"CommitInstance", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, Expect::kAborted},
    Row{"CommitTopicRights", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        Expect::kAborted},
    Row{"CommitLoading", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        Expect::kOk},
    Row{"CommitMoved", kTxnOffsetCommit, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Expect::kOk},
    Row{"EndEpoch", kEndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Expect::kUnknown},
    Row{"EndFenced", kEndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Expect::kUnknown},
    Row{"EndState", kEndTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Expect::kUnknown},
    Row{"EndRights", kEndTxn, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        Expect::kUnknown},
    Row{"EndUnknownProducer", kEndTxn, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, Expect::kAborted},
    Row{"EndMapping", kEndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, Expect::kAborted},
    Row{"EndUnheardOf", kEndTxn, RD_KAFKA_RESP_ERR_UNKNOWN, Expect::kAborted},
    Row{"EndMoved", kEndTxn, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Expect::kOk},
    Row{"EndConcurrent", kEndTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Expect::kOk},
    Row{"EndCut", kEndTxn, RD_KAFKA_RESP_ERR__TRANSPORT, Expect::kOk},
    Row{"PartitionsEpoch", kAddPartitions, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
        Expect::kEither},
    Row{"PartitionsRights", kAddPartitions, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        Expect::kAborted},
    Row{"PartitionsConcurrent", kAddPartitions, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
        Expect::kOk},
};

INSTANTIATE_TEST_SUITE_P(Table, TransactionErrorTest, ::testing::ValuesIn(kRows),
                         [](const auto& row) { return row.param.name; });

TEST_F(TransactionalProducerTest, AfterABrokenConnectionTheNextTransactionHasAProducerOfItsOwn) {
  ASSERT_TRUE(Transact().ok());
  const rd_kafka_t* const before = producer_->handle();
  ASSERT_TRUE(Transact().ok());
  EXPECT_EQ(producer_->handle(), before);
  cluster_.FailNext(kEndTxn, RD_KAFKA_RESP_ERR__TRANSPORT);
  ASSERT_TRUE(Transact().ok());
  // The request that got no answer could still end the next transaction.
  EXPECT_EQ(producer_->handle(), nullptr);
  EXPECT_FALSE(producer_->lost());
  EXPECT_TRUE(Transact().ok());
}

TEST_F(TransactionalProducerTest, AProducerThatMustNotBeTakenBackStaysLost) {
  options_.renew = false;
  producer_ = std::make_unique<TransactionalProducer>(options_, settings_, clock_, observer_);
  ASSERT_TRUE(Transact().ok());
  cluster_.FailNext(kEndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
  EXPECT_TRUE(absl::IsUnknown(Transact()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Transact()));
}

TEST_F(TransactionalProducerTest, NamesakesThatFenceEachOtherStop) {
  options_.losses_max = 2;
  producer_ = std::make_unique<TransactionalProducer>(options_, settings_, clock_, observer_);
  for (int i = 0; i < 3; ++i) {
    cluster_.FailNext(kEndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
    EXPECT_TRUE(absl::IsUnknown(Transact())) << i;
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(Transact()));
}

TEST_F(TransactionalProducerTest, ABrokerThatDoesNotLetItInIsAskedAgain) {
  settings_.request_timeout = absl::Milliseconds(300);
  settings_.brokers = "127.0.0.1:1";
  producer_ = std::make_unique<TransactionalProducer>(options_, settings_, clock_, observer_);
  EXPECT_TRUE(absl::IsUnavailable(producer_->Prepare()));
  EXPECT_TRUE(absl::IsUnavailable(producer_->Prepare()));
}

TEST_F(TransactionalProducerTest, WithoutTheRightToTheNameItSaysSo) {
  cluster_.FailNext(kInitProducerId, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  EXPECT_TRUE(absl::IsPermissionDenied(producer_->Prepare()));
}

}  // namespace
}  // namespace sluice::kafka
