/* What an audio thread asks of the machine: the time, its priority, no denormals. */
#ifndef STUDIOD_RT_H
#define STUDIOD_RT_H
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

static inline int64_t rt_now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void rt_sleep_until(int64_t when_ns) {
  struct timespec t = {when_ns / 1000000000, when_ns % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Denormals read and written as zero, in this thread; returns what was set before. */
static inline uint64_t rt_flush_denormals(void) {
#if defined(__x86_64__)
  uint32_t before = _mm_getcsr();
  _mm_setcsr(before | 0x8040); /* FTZ | DAZ */
  return before;
#elif defined(__aarch64__)
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"(before | (1ull << 24)));
  return before;
#else
  return 0;
#endif
}

static inline void rt_restore(uint64_t before) {
#if defined(__x86_64__)
  _mm_setcsr((uint32_t)before);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
  (void)before;
#endif
}

static inline int64_t rt_thread_id(void) { return (int64_t)syscall(SYS_gettid); }

/* Real-time priority of this thread; returns what it got, 0 = ordinary scheduling. */
static inline int rt_ask_priority(int priority) {
  struct sched_param wanted = {.sched_priority = priority};
  if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &wanted) == 0) return priority;
  return 0;
}

static inline int rt_priority(void) {
  struct sched_param now = {0};
  int policy = 0;
  if (pthread_getschedparam(pthread_self(), &policy, &now) != 0 || policy == SCHED_OTHER) return 0;
  return now.sched_priority;
}
#endif
