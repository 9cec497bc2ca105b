/* A piece of every track at once: out of the capture rings, through checksums and a look for clips, into the files. */
#ifndef STUDIOD_PIECE_H
#define STUDIOD_PIECE_H
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "block.h"
#include "crc32.h"
#include "pack.h"

enum {
  PIECE_TILE = 256, /* frames that are woven at a time: of 64 tracks, 48 KiB, which a core has at hand */
  PIECE_CLIPS = 64 /* runs told of one track in one piece */
};

typedef struct {
  uint64_t first, frames;
} piece_run;

typedef struct {
  const char *base; /* of the block */
  const block_dims *dims;
  uint32_t *channels; /* the capture ring of each track */
  uint32_t tracks;
  int bits, plain;
  size_t room; /* bytes of `packed` */
  unsigned char *packed; /* a piece of one track, or a woven one of all */
  unsigned char tile[4 * PIECE_TILE];
  /* what the last piece held, for each track: */
  unsigned char *is_full;
  uint32_t *runs; /* how many of `clips` are told */
  uint64_t *more; /* and how many are not */
  piece_run *clips; /* PIECE_CLIPS of each */
} piece_plan;

_Static_assert(sizeof(off_t) == 8, "takes are longer than 2 GiB: build with _FILE_OFFSET_BITS=64");

/* Room for `bytes` of samples at a time. Returns 0 when there is no memory. */
static int piece_room(piece_plan *plan, size_t bytes) {
  if (bytes <= plan->room) return 1;
  unsigned char *more = realloc(plan->packed, bytes);
  if (more == NULL) return 0;
  plan->packed = more, plan->room = bytes;
  return 1;
}

/* Packs `frames` of a capture ring from engine frame `start` on; returns whether any sample lies at full scale. */
static int piece_pack(const piece_plan *plan, uint32_t channel, uint64_t start, size_t frames, unsigned char *out) {
  const float *ring = block_capture((char *)plan->base, plan->dims, channel);
  uint64_t size = plan->dims->capture_frames, at = start & (size - 1);
  size_t n = frames < size - at ? frames : size - at, width = plan->bits / 8;
  int full = pack_samples(ring + at, n, plan->bits, out, plan->plain);
  return full | pack_samples(ring, frames - n, plan->bits, out + n * width, plan->plain);
}

/* All of it, however little is taken at a time. Returns 0, or -1 with errno; a disk that takes nothing is full. */
static int piece_put(int fd, const unsigned char *x, size_t bytes, off_t at) {
  while (bytes) {
    ssize_t done = pwrite(fd, x, bytes, at);
    if (done < 0 && errno == EINTR) continue;
    if (done == 0) errno = ENOSPC; /* POSIX leaves this open; asking for ever would hang the tape */
    if (done <= 0) return -1;
    x += done, bytes -= (size_t)done, at += done;
  }
  return 0;
}

/* Finds the runs at full scale of `track` among samples that lie `stride` bytes apart. */
static void piece_find_clips(piece_plan *plan, uint32_t track, const unsigned char *x, size_t frames, size_t stride) {
  piece_run *told = plan->clips + (size_t)track * PIECE_CLIPS;
  for (size_t i = 0, first; i < frames; i++) {
    if (!packed_is_full(x + i * stride, plan->bits)) continue;
    for (first = i; i < frames && packed_is_full(x + i * stride, plan->bits); i++) continue;
    if (plan->runs[track] < PIECE_CLIPS) told[plan->runs[track]++] = (piece_run){first, i - first};
    else plan->more[track]++;
  }
}

/* A file for each track; sparse: exact silence is a hole, behind which the files must end. */
static int piece_write_each(piece_plan *plan, const int *fds, uint64_t start, size_t frames, size_t silent, off_t at,
                            uint32_t *sums, int sparse) {
  size_t width = plan->bits / 8, bytes = frames * width;
  for (uint32_t track = 0; track < plan->tracks; track++) {
    unsigned char *x = plan->packed;
    plan->is_full[track] = piece_pack(plan, plan->channels[track], start, frames, x) != 0;
    memset(x, 0, silent * width);
    sums[track] = crc32_add(sums[track], x, bytes, plan->plain);
    if (plan->is_full[track]) piece_find_clips(plan, track, x, frames, width);
    if (sparse && bytes && x[0] == 0 && memcmp(x, x + 1, bytes - 1) == 0) {
      if (ftruncate(fds[track], at + (off_t)bytes)) return -1;
    } else if (piece_put(fds[track], x, bytes, at)) return -1;
  }
  return 0;
}

/* One file of all tracks, frame after frame. */
static int piece_write_woven(piece_plan *plan, int fd, uint64_t start, size_t frames, size_t silent, off_t at,
                             uint32_t *sums) {
  size_t width = plan->bits / 8, stride = width * plan->tracks;
  memset(plan->is_full, 0, plan->tracks);
  for (size_t first = 0; first < frames; first += PIECE_TILE) {
    size_t n = frames - first < PIECE_TILE ? frames - first : PIECE_TILE;
    size_t quiet = silent <= first ? 0 : silent - first < n ? silent - first : n;
    for (uint32_t track = 0; track < plan->tracks; track++) {
      plan->is_full[track] |= piece_pack(plan, plan->channels[track], start + first, n, plan->tile) != 0;
      memset(plan->tile, 0, quiet * width);
      sums[track] = crc32_add(sums[track], plan->tile, n * width, plan->plain);
      weave(plan->tile, n, width, track, plan->tracks, plan->packed + first * stride);
    }
  }
  for (uint32_t track = 0; track < plan->tracks; track++)
    if (plan->is_full[track]) piece_find_clips(plan, track, plan->packed + track * width, frames, stride);
  return piece_put(fd, plan->packed, frames * stride, at);
}

/* Writes `frames` from engine frame `start` on at byte `at` of every file, the first `silent` of them as silence, and
 * takes their checksums into `sums`. is_woven: there is one file for all tracks. Returns 0, or -1 with errno: some of
 * the files, and the sums, are then further than others. */
static int piece_write(piece_plan *plan, const int *fds, int is_woven, uint64_t start, size_t frames, size_t silent,
                       off_t at, uint32_t *sums, int sparse) {
  memset(plan->runs, 0, plan->tracks * sizeof *plan->runs);
  memset(plan->more, 0, plan->tracks * sizeof *plan->more);
  return is_woven ? piece_write_woven(plan, fds[0], start, frames, silent, at, sums)
                  : piece_write_each(plan, fds, start, frames, silent, at, sums, sparse);
}

/* Writes page `n` of `pages`, `bytes` each, to the beginning of file n. Returns 0, or -1 with errno. */
static int piece_claim(const int *fds, const unsigned char *const *pages, size_t bytes, size_t files) {
  for (size_t file = 0; file < files; file++)
    if (piece_put(fds[file], pages[file], bytes, 0)) return -1;
  return 0;
}
#endif
