// C11 threads by way of POSIX threads, for programs under ThreadSanitizer: it does not see
// thrd_create and mtx_lock, which librdkafka uses, and crashes in threads it has not seen begin.
// Defined in the program, these come before the C library's. glibc's types are the same size.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <memory>

namespace {

struct Begin {
  thrd_start_t start;
  void* argument;
};

void* Run(void* given) {
  const std::unique_ptr<Begin> begin(static_cast<Begin*>(given));
  return reinterpret_cast<void*>(static_cast<intptr_t>(begin->start(begin->argument)));
}

pthread_mutex_t* Posix(mtx_t* mutex) {
  static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t));
  return reinterpret_cast<pthread_mutex_t*>(mutex);
}

pthread_cond_t* Posix(cnd_t* condition) {
  static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t));
  return reinterpret_cast<pthread_cond_t*>(condition);
}

int ResultOf(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case EBUSY:
      return thrd_busy;
    case ENOMEM:
      return thrd_nomem;
    case ETIMEDOUT:
      return thrd_timedout;
    default:
      return thrd_error;
  }
}

}  // namespace

extern "C" {

// Its reference counts are atomics that ThreadSanitizer does not see either.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
const char* __tsan_default_suppressions() {
  return "race:librdkafka.so\n";
}

int thrd_create(thrd_t* thread, thrd_start_t start, void* argument) {
  auto begin = std::make_unique<Begin>(Begin{start, argument});
  const int error = pthread_create(thread, nullptr, Run, begin.get());
  if (error == 0) begin.release();
  return ResultOf(error);
}

int thrd_join(thrd_t thread, int* result) {
  void* returned = nullptr;
  const int error = pthread_join(thread, &returned);
  if (error == 0 && result != nullptr) {
    *result = static_cast<int>(reinterpret_cast<intptr_t>(returned));
  }
  return ResultOf(error);
}

int mtx_init(mtx_t* mutex, int type) noexcept {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if ((type & mtx_recursive) != 0) {
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  }
  const int error = pthread_mutex_init(Posix(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return ResultOf(error);
}

int mtx_lock(mtx_t* mutex) {
  return ResultOf(pthread_mutex_lock(Posix(mutex)));
}
int mtx_trylock(mtx_t* mutex) noexcept {
  return ResultOf(pthread_mutex_trylock(Posix(mutex)));
}
int mtx_unlock(mtx_t* mutex) noexcept {
  return ResultOf(pthread_mutex_unlock(Posix(mutex)));
}
void mtx_destroy(mtx_t* mutex) noexcept {
  pthread_mutex_destroy(Posix(mutex));
}

int cnd_init(cnd_t* condition) noexcept {
  return ResultOf(pthread_cond_init(Posix(condition), nullptr));
}
int cnd_signal(cnd_t* condition) noexcept {
  return ResultOf(pthread_cond_signal(Posix(condition)));
}
int cnd_broadcast(cnd_t* condition) noexcept {
  return ResultOf(pthread_cond_broadcast(Posix(condition)));
}
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return ResultOf(pthread_cond_wait(Posix(condition), Posix(mutex)));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  return ResultOf(pthread_cond_timedwait(Posix(condition), Posix(mutex), until));
}
void cnd_destroy(cnd_t* condition) noexcept {
  pthread_cond_destroy(Posix(condition));
}

}  // extern "C"
