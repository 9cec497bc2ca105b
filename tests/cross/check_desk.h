/* A whole desk that stands on the kernels alone: what kernel_check.c plays, and what happens to it on the way. */
#ifndef STUDIOD_CHECK_DESK_H
#define STUDIOD_CHECK_DESK_H
#include "aim.h"
#include "generators.h"
#include "kernel.h"

#define FRAMES 26000 /* 3.25 s of the loudness meter's clock: a short-term window, and some places of the range */
#define RATE_HZ 48000
#define LOUDNESS_HZ 8000 /* the meter's own idea of the rate: its windows are over sooner */
#define STRIPS 13 /* not a multiple of any vector: the last bank is part empty */
#define BUSES 4
#define MATRIX_COUNT 2
#define FED_BY_BUS 12 /* this strip listens to bus 0: it sounds in a second pass, and bus 3 after it */
#define OSCILLATED 11
#define CLICKED 2 /* plays the click on its tape side */
#define INSERTED 10
#define DIRECT_A 2
#define DIRECT_B 3

typedef struct {
  channel_lanes lanes;
  scalar_ramp bus_to_main[BUSES][2], main_to_matrix[2][MATRIX_COUNT], bus_to_solo, width;
  peak_limiter limiter;
  loudness_of_two loudness;
  oscillator oscillator;
  click click;
  uint64_t click_since; /* frame at which it rolls; UINT64_MAX: it stands */
} check_desk;

/* Everything as it is at frame 0; `width` is the kernel's. Calls libm; the desk stays where it is. */
void desk_set_up(check_desk *desk, uint32_t width);

/* Carry out the orders of `frame`, the `next`-th on; returns the first that is left. */
uint32_t desk_obey(check_desk *desk, uint32_t next, uint32_t frame);

/* Frame of the `next`-th order; FRAMES when there is none. */
uint32_t desk_order_frame(uint32_t next);
#endif
