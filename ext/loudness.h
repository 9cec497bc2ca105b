/* A loudness meter: ITU-R BS.1770-5, EBU Tech 3341 and 3342 (2023), any rate from 8 to 384 kHz, any number of channels.
 *
 * All figures are linear: weighted mean squares (10 lg - 0.691 makes LUFS of them, loudness_lufs), magnitudes, and for the
 * loudness range the quotient of two mean squares. Nothing here needs a logarithm, so that feeding, reset and reading may
 * run on the audio thread. What is read depends on the samples alone, never on how frames are cut into calls.
 *
 * The caller owns the memory: one loudness_meter (plain data, about 160 kB, nearly all of it histograms) and
 * loudness_pairs(channels) of loudness_pair. Two channels are filtered side by side, as one vector of two doubles. */
#ifndef STUDIOD_LOUDNESS_H
#define STUDIOD_LOUDNESS_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#define LOUDNESS_MIN_HZ 8000 /* the shelf of the K-weighting lies at 1.7 kHz */
#define LOUDNESS_MAX_HZ 384000
#define LOUDNESS_HOPS 300 /* of 10 ms: the 3 s of the short-term window */
#define LOUDNESS_MOMENTARY_HOPS 40 /* 400 ms */
#define LOUDNESS_GATE_HOPS 10 /* a gating block begins every 100 ms: 75 % overlap */
#define LOUDNESS_TAPS 12 /* of each of the four phases */
#define LOUDNESS_HISTORY (LOUDNESS_TAPS - 1)
#define LOUDNESS_QUANTUM 32 /* frames that are interpolated at once: two vectors of the widest machine */
#define LOUDNESS_CHUNK 256 /* frames that are looked at for faults at once */
#define LOUDNESS_NO_SAMPLE 0x49800000 /* bits of 2^20, +120 dBFS: at or past it (inf, NaN too) is a fault, not sound */
/* Bins of the histograms: 128 to the octave, 0.02 to 0.03 LU wide; from under the gate of -70 LUFS to +47 LUFS. */
#define LOUDNESS_FLOOR_EXPONENT (-24)
#define LOUDNESS_OCTAVES 40
#define LOUDNESS_BINS 128
#define LOUDNESS_ABSOLUTE_GATE 1.1724653045822963e-7 /* -70 LUFS: 10^((-70 + 0.691) / 10) */
#define LOUDNESS_RELATIVE_GATE 0.1 /* -10 LU, BS.1770-5 */
#define LOUDNESS_RANGE_GATE 0.01 /* -20 LU, Tech 3342 */
#define LOUDNESS_QUIET 1e-60 /* a filter state under it is nothing: it would only fall on into slow, tiny numbers */

typedef double loudness_two __attribute__((vector_size(16)));
typedef float loudness_two_floats __attribute__((vector_size(8)));
typedef int32_t loudness_bits __attribute__((may_alias));

typedef struct { /* two channels; plain arrays, so that any memory will do */
  double shelf[2][2], high_pass[2][2]; /* states of the transposed biquads: [first or second][channel] */
  double squares[2]; /* sum of the weighted signals' squares in this hop */
  float recent[2][LOUDNESS_HISTORY + LOUDNESS_QUANTUM]; /* samples that wait to be interpolated, after those before them */
  float between[2][LOUDNESS_QUANTUM]; /* largest magnitude between the samples, by place in the quantum */
  int32_t peak_bits; /* largest magnitude of a sample, as the bits of a float */
} loudness_pair;

typedef struct {
  double sum; /* of the mean squares counted */
  uint32_t count;
  uint32_t epoch; /* another than the histogram's: empty. So clearing takes one step. */
} loudness_bin;

typedef struct {
  loudness_bin octaves[LOUDNESS_OCTAVES]; /* sums of the bins: whoever looks for a level reads one octave of these */
  loudness_bin bins[LOUDNESS_OCTAVES][LOUDNESS_BINS];
} loudness_histogram;

typedef struct {
  double shelf_b[3], shelf_a[2], high_pass_a[2]; /* a0 = 1; the high-pass's b is 1, -2, 1 */
  uint32_t rate_hz, channels;
  const double *weights; /* BS.1770's G of each channel, 0 leaves it out of the loudness; outlives the meter */
  loudness_pair *pairs;
  double hops[LOUDNESS_HOPS]; /* sums of weighted squares, a ring */
  uint32_t hop_at, hop_left, hop_carry; /* next place in the ring; frames to the end of this hop; 1/100 frames left over */
  uint32_t waiting; /* frames in each pair's `recent` that are not interpolated yet */
  uint32_t epoch;
  uint64_t hops_done;
  uint64_t bad_samples; /* taken for silence */
  double momentary, short_term, max_momentary, max_short_term;
  int is_finishing;
  loudness_histogram gating, range; /* blocks of 400 ms; windows of 3 s; those over the absolute gate */
} loudness_meter;

typedef struct { /* 0 = silence, or nothing measured yet */
  double momentary, short_term, integrated, max_momentary, max_short_term; /* weighted mean squares */
  double range; /* 95th over 10th percentile of the short-term mean squares; 1 where there are none */
  float true_peak, sample_peak; /* magnitudes, of all channels */
} loudness_reading;

/* LUFS of a weighted mean square, -inf for 0. Not for the audio thread: calls log10. */
static inline double loudness_lufs(double mean_square) { return 10.0 * log10(mean_square) - 0.691; }

static inline size_t loudness_pairs(uint32_t channels) { return ((size_t)channels + 1) / 2; }

static inline void loudness_next_hop(loudness_meter *m) {
  m->hop_left = m->rate_hz / 100;
  m->hop_carry += m->rate_hz % 100;
  if (m->hop_carry >= 100) m->hop_left++, m->hop_carry -= 100;
}

/* Forget everything heard. Real-time safe: touches the pairs and the ring, about 3 kB for two channels. */
static inline void loudness_reset(loudness_meter *m) {
  memset(m->pairs, 0, loudness_pairs(m->channels) * sizeof *m->pairs);
  memset(m->hops, 0, sizeof m->hops);
  m->hop_at = m->hop_carry = m->waiting = 0;
  m->epoch++;
  m->hops_done = m->bad_samples = 0;
  m->momentary = m->short_term = m->max_momentary = m->max_short_term = 0;
  m->is_finishing = 0;
  loudness_next_hop(m);
}

/* Set up `m` for `channels` (1 or more) with loudness_pairs(channels) of `pairs`; -1 where the rate is not allowed. Not
 * real-time: touches all memory. The coefficients are the analogue prototype of BS.1770's 48 kHz table through the bilinear
 * transform, the high-pass's numerator left as the table has it. */
static inline int loudness_prepare(loudness_meter *m, uint32_t rate_hz, uint32_t channels, const double *weights,
                                   loudness_pair *pairs) {
  if (rate_hz < LOUDNESS_MIN_HZ || rate_hz > LOUDNESS_MAX_HZ || channels == 0) return -1;
  memset(m, 0, sizeof *m);
  m->rate_hz = rate_hz, m->channels = channels, m->weights = weights, m->pairs = pairs;
  double k = tan(M_PI * 1681.974450955533 / rate_hz), q = 0.7071752369554196;
  double top = pow(10.0, 3.999843853973347 / 20.0), middle = pow(top, 0.4996667741545416), a0 = 1 + k / q + k * k;
  m->shelf_b[0] = (top + middle * k / q + k * k) / a0;
  m->shelf_b[1] = 2 * (k * k - top) / a0;
  m->shelf_b[2] = (top - middle * k / q + k * k) / a0;
  m->shelf_a[0] = 2 * (k * k - 1) / a0, m->shelf_a[1] = (1 - k / q + k * k) / a0;
  k = tan(M_PI * 38.13547087602444 / rate_hz), q = 0.5003270373238773, a0 = 1 + k / q + k * k;
  m->high_pass_a[0] = 2 * (k * k - 1) / a0, m->high_pass_a[1] = (1 - k / q + k * k) / a0;
  loudness_reset(m);
  return 0;
}

/* -- what happens every sample ---------------------------------------------------------------------------------------- */

/* Largest magnitude of `frames` samples, as bits: those of what is no number are larger than those of any number. */
static inline int32_t loudness_peak_bits(const float *x, uint32_t frames, int32_t most) {
  const loudness_bits *bits = (const loudness_bits *)x;
  for (uint32_t f = 0; f < frames; f++) {
    int32_t size = bits[f] & 0x7fffffff;
    most = size > most ? size : most;
  }
  return most;
}

/* `frames` samples of x into `clean`, 0 for what is no sample; returns how many were none. */
static inline uint32_t loudness_clean(const float *x, float *clean, uint32_t frames) {
  const loudness_bits *bits = (const loudness_bits *)x;
  uint32_t faults = 0;
  for (uint32_t f = 0; f < frames; f++) {
    int is_fault = (bits[f] & 0x7fffffff) >= LOUDNESS_NO_SAMPLE;
    clean[f] = is_fault ? 0.0f : x[f];
    faults += (uint32_t)is_fault;
  }
  return faults;
}

/* K-weighting: two biquads in transposed direct form II with states in double. */
static inline void loudness_weigh(const loudness_meter *m, loudness_pair *pair, const float *a, const float *b,
                                  uint32_t frames) {
  const loudness_two b0 = {m->shelf_b[0], m->shelf_b[0]}, b1 = {m->shelf_b[1], m->shelf_b[1]};
  const loudness_two b2 = {m->shelf_b[2], m->shelf_b[2]};
  const loudness_two a1 = {m->shelf_a[0], m->shelf_a[0]}, a2 = {m->shelf_a[1], m->shelf_a[1]};
  const loudness_two c1 = {m->high_pass_a[0], m->high_pass_a[0]}, c2 = {m->high_pass_a[1], m->high_pass_a[1]};
  loudness_two s1 = {pair->shelf[0][0], pair->shelf[0][1]}, s2 = {pair->shelf[1][0], pair->shelf[1][1]};
  loudness_two t1 = {pair->high_pass[0][0], pair->high_pass[0][1]}, t2 = {pair->high_pass[1][0], pair->high_pass[1][1]};
  loudness_two squares = {pair->squares[0], pair->squares[1]};
  for (uint32_t f = 0; f < frames; f++) {
    loudness_two x = __builtin_convertvector(((loudness_two_floats){a[f], b[f]}), loudness_two);
    loudness_two y = b0 * x + s1;
    s1 = (b1 * x + s2) - a1 * y;
    s2 = b2 * x - a2 * y;
    loudness_two z = y + t1;
    t1 = (t2 - (y + y)) - c1 * z;
    t2 = y - c2 * z;
    squares += z * z;
  }
  for (int c = 0; c < 2; c++) {
    pair->shelf[0][c] = s1[c], pair->shelf[1][c] = s2[c];
    pair->high_pass[0][c] = t1[c], pair->high_pass[1][c] = t2[c];
    pair->squares[c] = squares[c];
  }
}

/* Twelve samples around each place: MID is the halfway phase, EVEN and ODD the parts of the quarter phase that do and do not
 * change when time runs backwards; the three-quarter phase is EVEN - ODD, so the larger of the two has the magnitude
 * |EVEN| + |ODD|. The whole phase is the sample itself. 48 taps in all (BS.1770-5 Annex 2). Weighted minimax fit: within
 * 0.01 dB to 0.25 of the rate, +0.09 / -0.25 dB to 0.38, never more than 0.09 dB too much. */
#define LOUDNESS_TAP(k, mid_tap, even_tap, odd_tap)                 \
  {                                                                 \
    float both = x[f + k] + x[f + LOUDNESS_HISTORY - k];            \
    float difference = x[f + k] - x[f + LOUDNESS_HISTORY - k];      \
    mid += both * mid_tap;                                          \
    even += both * even_tap;                                        \
    odd += difference * odd_tap;                                    \
  }
static inline void loudness_interpolate(const float *restrict x, float *restrict most) {
  for (int f = 0; f < LOUDNESS_QUANTUM; f++) {
    float mid = 0.0f, even = 0.0f, odd = 0.0f;
    LOUDNESS_TAP(0, -0.00286854853f, -0.00203964441f, -0.000152391664f)
    LOUDNESS_TAP(1, 0.0128637211f, 0.00915793149f, 0.00073881962f)
    LOUDNESS_TAP(2, -0.0361320573f, -0.025778665f, -0.00236502176f)
    LOUDNESS_TAP(3, 0.0823596222f, 0.059056498f, 0.0067861465f)
    LOUDNESS_TAP(4, -0.182823287f, -0.133500673f, -0.0234485252f)
    LOUDNESS_TAP(5, 0.626423583f, 0.592978939f, 0.297872973f)
    float quarters = fabsf(even) + fabsf(odd), half = fabsf(mid);
    float larger = quarters > half ? quarters : half;
    most[f] = larger > most[f] ? larger : most[f];
  }
}
#undef LOUDNESS_TAP

/* Gather `frames` samples of a channel behind the `waiting` ones; each full quantum is interpolated. */
static inline void loudness_gather(float *recent, float *most, uint32_t waiting, const float *x, uint32_t frames) {
  while (frames) {
    uint32_t taken = LOUDNESS_QUANTUM - waiting < frames ? LOUDNESS_QUANTUM - waiting : frames;
    memcpy(recent + LOUDNESS_HISTORY + waiting, x, taken * sizeof *x);
    waiting += taken, x += taken, frames -= taken;
    if (waiting < LOUDNESS_QUANTUM) return;
    loudness_interpolate(recent, most);
    memmove(recent, recent + LOUDNESS_QUANTUM, LOUDNESS_HISTORY * sizeof *recent);
    waiting = 0;
  }
}

/* -- what happens every 10 ms ----------------------------------------------------------------------------------------- */

static inline void loudness_count(loudness_bin *bin, uint32_t epoch, double mean_square) {
  if (bin->epoch != epoch) *bin = (loudness_bin){0, 0, epoch};
  bin->sum += mean_square;
  bin->count++;
}

/* Where a mean square over the absolute gate belongs: its exponent, and the first seven bits of its mantissa. */
static inline uint32_t loudness_place(double mean_square) {
  uint64_t bits;
  memcpy(&bits, &mean_square, sizeof bits);
  int64_t place = (int64_t)(bits >> 45) - (1023 + LOUDNESS_FLOOR_EXPONENT) * LOUDNESS_BINS;
  const int64_t last = LOUDNESS_OCTAVES * LOUDNESS_BINS - 1;
  return (uint32_t)(place < 0 ? 0 : place > last ? last : place);
}

static inline void loudness_enter(loudness_histogram *h, uint32_t epoch, double mean_square) {
  uint32_t place = loudness_place(mean_square), octave = place / LOUDNESS_BINS;
  loudness_count(&h->octaves[octave], epoch, mean_square);
  loudness_count(&h->bins[octave][place % LOUDNESS_BINS], epoch, mean_square);
}

static inline double loudness_sum(const double *x, uint32_t count) {
  loudness_two sums[2] = {{0, 0}, {0, 0}}; /* two at a time: an addition takes longer than the next one waits */
  uint32_t i = 0;
  for (; i + 4 <= count; i += 4) sums[0] += (loudness_two){x[i], x[i + 1]}, sums[1] += (loudness_two){x[i + 2], x[i + 3]};
  double sum = (sums[0][0] + sums[1][0]) + (sums[0][1] + sums[1][1]);
  for (; i < count; i++) sum += x[i];
  return sum;
}

/* Sum of the last `count` hops. Added up anew each time: a running sum would remember what was loud as rounding. */
static inline double loudness_last_hops(const loudness_meter *m, uint32_t count) {
  if (m->hop_at >= count) return loudness_sum(m->hops + m->hop_at - count, count);
  uint32_t wrapped = count - m->hop_at;
  return loudness_sum(m->hops + LOUDNESS_HOPS - wrapped, wrapped) + loudness_sum(m->hops, m->hop_at);
}

static inline void loudness_end_hop(loudness_meter *m) {
  double power = 0;
  for (uint32_t c = 0; c < m->channels; c++) {
    loudness_pair *pair = &m->pairs[c / 2];
    double *states[4] = {&pair->shelf[0][c & 1], &pair->shelf[1][c & 1], &pair->high_pass[0][c & 1],
                         &pair->high_pass[1][c & 1]};
    for (int i = 0; i < 4; i++)
      if (fabs(*states[i]) < LOUDNESS_QUIET) *states[i] = 0;
    power += m->weights[c] * pair->squares[c & 1];
    pair->squares[c & 1] = 0;
  }
  m->hops[m->hop_at] = power;
  m->hop_at = m->hop_at + 1 == LOUDNESS_HOPS ? 0 : m->hop_at + 1;
  m->hops_done++;
  loudness_next_hop(m);
  /* the hops of a window hold rate x its length in frames, to within one frame where that is no whole number */
  double short_term = loudness_last_hops(m, LOUDNESS_HOPS) / (0.01 * LOUDNESS_HOPS * m->rate_hz);
  int is_block = m->hops_done % LOUDNESS_GATE_HOPS == 0;
  if (is_block && m->hops_done >= LOUDNESS_HOPS && short_term >= LOUDNESS_ABSOLUTE_GATE)
    loudness_enter(&m->range, m->epoch, short_term);
  if (m->is_finishing) return;
  double momentary = loudness_last_hops(m, LOUDNESS_MOMENTARY_HOPS) / (0.01 * LOUDNESS_MOMENTARY_HOPS * m->rate_hz);
  if (is_block && m->hops_done >= LOUDNESS_MOMENTARY_HOPS && momentary > LOUDNESS_ABSOLUTE_GATE)
    loudness_enter(&m->gating, m->epoch, momentary);
  m->momentary = momentary, m->short_term = short_term;
  m->max_momentary = momentary > m->max_momentary ? momentary : m->max_momentary;
  m->max_short_term = short_term > m->max_short_term ? short_term : m->max_short_term;
}

/* -- what the caller does --------------------------------------------------------------------------------------------- */

static const float loudness_silence[LOUDNESS_CHUNK];

/* Hear `frames` samples of each channel: rows[channel] of float, full scale 1.0, read only; NULL (also for all rows) =
 * silence. Real-time safe. What is no sample counts as silence. */
static inline void loudness_feed(loudness_meter *m, const float *const *rows, uint32_t frames) {
  for (uint32_t at = 0; at < frames;) {
    uint32_t n = frames - at;
    if (n > m->hop_left) n = m->hop_left;
    if (n > LOUDNESS_CHUNK) n = LOUDNESS_CHUNK;
    for (uint32_t c = 0; c < m->channels; c += 2) {
      loudness_pair *pair = &m->pairs[c / 2];
      float clean[2][LOUDNESS_CHUNK];
      const float *x[2];
      for (uint32_t i = 0; i < 2; i++) {
        int is_silent = !rows || c + i >= m->channels || !rows[c + i];
        x[i] = is_silent ? loudness_silence : rows[c + i] + at;
        int32_t peak_bits = loudness_peak_bits(x[i], n, pair->peak_bits);
        if (peak_bits >= LOUDNESS_NO_SAMPLE) {
          m->bad_samples += loudness_clean(x[i], clean[i], n);
          x[i] = clean[i];
          peak_bits = loudness_peak_bits(x[i], n, pair->peak_bits);
        }
        pair->peak_bits = peak_bits;
        loudness_gather(pair->recent[i], pair->between[i], m->waiting, x[i], n);
      }
      loudness_weigh(m, pair, x[0], x[1], n);
    }
    m->waiting = (m->waiting + n) % LOUDNESS_QUANTUM;
    m->hop_left -= n, at += n;
    if (m->hop_left == 0) loudness_end_hop(m);
  }
}

/* A file has ended: 1.5 s of silence for the loudness range (Tech 3342), in which the true peak's filter runs out too;
 * nothing else changes. Feed no more until the next reset. Does nothing the second time. */
static inline void loudness_finish(loudness_meter *m) {
  if (m->is_finishing) return;
  m->is_finishing = 1;
  loudness_feed(m, NULL, m->rate_hz + m->rate_hz / 2);
}

/* How many mean squares lie in the bins from `start` on; their sum in *sum. */
static inline uint64_t loudness_total(const loudness_histogram *h, uint32_t epoch, uint32_t start, double *sum) {
  const loudness_bin *bins = h->bins[0];
  uint64_t count = 0;
  uint32_t place = start;
  *sum = 0;
  for (; place % LOUDNESS_BINS; place++)
    if (bins[place].epoch == epoch) *sum += bins[place].sum, count += bins[place].count;
  for (uint32_t octave = place / LOUDNESS_BINS; octave < LOUDNESS_OCTAVES; octave++)
    if (h->octaves[octave].epoch == epoch) *sum += h->octaves[octave].sum, count += h->octaves[octave].count;
  return count;
}

/* First bin whose mean is over `gate`; those after it are, too. */
static inline uint32_t loudness_first_over(const loudness_histogram *h, uint32_t epoch, double gate) {
  uint32_t octave = loudness_place(gate) / LOUDNESS_BINS;
  for (uint32_t i = 0; i < LOUDNESS_BINS; i++) {
    const loudness_bin *bin = &h->bins[octave][i];
    if (bin->epoch == epoch && bin->sum > gate * bin->count) return octave * LOUDNESS_BINS + i;
  }
  return (octave + 1) * LOUDNESS_BINS;
}

/* Mean of the bin in which the one lies that has `rank` others under it, counted from `start`. There must be one. */
static inline double loudness_at_rank(const loudness_histogram *h, uint32_t epoch, uint32_t start, uint64_t rank) {
  const loudness_bin *bins = h->bins[0];
  for (uint32_t place = start; place < LOUDNESS_OCTAVES * LOUDNESS_BINS;) {
    const loudness_bin *octave = &h->octaves[place / LOUDNESS_BINS];
    int is_passed = place % LOUDNESS_BINS == 0 && (octave->epoch != epoch || octave->count <= rank);
    const loudness_bin *next = is_passed ? octave : &bins[place];
    if (next->epoch == epoch) {
      if (next->count > rank) return next->sum / next->count;
      rank -= next->count;
    }
    place += is_passed ? LOUDNESS_BINS : 1;
  }
  return 0;
}

/* What is left when the absolute gate and one `gate` times the mean of the rest have been applied: the first bin in *start,
 * how many there are, their sum. */
static inline uint64_t loudness_gated(const loudness_histogram *h, uint32_t epoch, double gate, uint32_t *start,
                                      double *sum) {
  uint64_t count = loudness_total(h, epoch, 0, sum);
  if (count == 0) return 0;
  *start = loudness_first_over(h, epoch, gate * *sum / (double)count);
  return loudness_total(h, epoch, *start, sum);
}

static inline float loudness_largest(const float *x, float most) {
  for (int i = 0; i < LOUDNESS_QUANTUM; i++) most = x[i] > most ? x[i] : most;
  return most;
}

/* What has been measured so far. Real-time safe: a few hundred bins are looked at. */
static inline void loudness_read(const loudness_meter *m, loudness_reading *reading) {
  uint32_t start = 0;
  double sum = 0;
  uint64_t count = loudness_gated(&m->gating, m->epoch, LOUDNESS_RELATIVE_GATE, &start, &sum);
  *reading = (loudness_reading){m->momentary, m->short_term, 0, m->max_momentary, m->max_short_term, 1, 0, 0};
  if (count) reading->integrated = sum / (double)count;
  count = loudness_gated(&m->range, m->epoch, LOUDNESS_RANGE_GATE, &start, &sum);
  if (count) { /* Tech 3342: the nearest rank, 10 % and 95 % of the way from the first to the last */
    uint64_t low = ((count - 1) * 10 + 50) / 100, high = ((count - 1) * 95 + 50) / 100;
    reading->range = loudness_at_rank(&m->range, m->epoch, start, high) / loudness_at_rank(&m->range, m->epoch, start, low);
  }
  for (size_t p = 0; p < loudness_pairs(m->channels); p++) {
    const loudness_pair *pair = &m->pairs[p];
    float peak;
    memcpy(&peak, &pair->peak_bits, sizeof peak);
    reading->sample_peak = peak > reading->sample_peak ? peak : reading->sample_peak;
    for (int i = 0; i < 2; i++) reading->true_peak = loudness_largest(pair->between[i], reading->true_peak);
  }
  /* the whole phase of the interpolation is the samples themselves */
  if (reading->sample_peak > reading->true_peak) reading->true_peak = reading->sample_peak;
}
#endif
