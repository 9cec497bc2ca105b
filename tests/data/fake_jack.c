/* A libjack whose server is turned by hand: fake_cycle is one cycle, at the count and the time that are said. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PORTS 16
#define FRAMES 4096

typedef int (*process_callback)(uint32_t frames, void *user);
typedef int (*xrun_callback)(void *user);
typedef struct { uint32_t least, most; } latency_range;
typedef struct { unsigned long flags; float samples[FRAMES]; } port;

static struct {
  process_callback process;
  xrun_callback xrun;
  void *process_user, *xrun_user;
  uint32_t count;
  uint64_t time_us;
  port ports[PORTS];
  int ports_used;
} server;

void *jack_client_open(const char *name, int options, int *status, ...) {
  (void)name, (void)options;
  memset(&server, 0, sizeof server);
  *status = 0;
  return &server;
}
int jack_client_close(void *client) { return client == NULL; }
int jack_activate(void *client) { return client == NULL; }
int jack_set_process_callback(void *client, process_callback process, void *user) {
  server.process = process, server.process_user = user;
  return client == NULL;
}
int jack_set_xrun_callback(void *client, xrun_callback xrun, void *user) {
  server.xrun = xrun, server.xrun_user = user;
  return client == NULL;
}
void jack_on_shutdown(void *client, void (*shutdown)(void *), void *user) { (void)client, (void)shutdown, (void)user; }
void jack_set_error_function(void (*say)(const char *)) { (void)say; }
void jack_set_info_function(void (*say)(const char *)) { (void)say; }
void *jack_port_register(void *client, const char *name, const char *type, unsigned long flags, unsigned long size) {
  (void)client, (void)name, (void)type, (void)size;
  if (server.ports_used == PORTS) return NULL;
  server.ports[server.ports_used].flags = flags;
  return &server.ports[server.ports_used++];
}
void *jack_port_get_buffer(port *of, uint32_t frames) { return frames > FRAMES ? NULL : of->samples; }
const char *jack_port_name(const port *of) { return of == NULL ? "" : "fake:port"; }
int jack_connect(void *client, const char *from, const char *to) { return client == NULL || from == to; }
/* Input 1 is 100 frames from the world, input 2 is 101 ...; outputs from 200 on. */
void jack_port_get_latency_range(port *of, int mode, latency_range *range) {
  uint32_t number = (uint32_t)(of - server.ports);
  int is_input = (of->flags & 1) != 0;
  range->least = 1, range->most = (is_input && mode == 0) ? 100 + number : (!is_input && mode == 1) ? 200 + number : 0;
}
uint32_t jack_last_frame_time(const void *client) { return client == NULL ? 0 : server.count; }
uint64_t jack_get_time(void) { return server.time_us; }
uint32_t jack_get_sample_rate(void *client) { return client == NULL ? 0 : 48000; }
uint32_t jack_get_buffer_size(void *client) { return client == NULL ? 0 : 480; }
const char **jack_get_ports(void *client, const char *name, const char *type, unsigned long flags) {
  (void)client, (void)name, (void)type, (void)flags;
  return NULL;
}
void jack_free(void *memory) { free(memory); }

/* A cycle of `frames` of the constant `sample`, which begins at `count` of JACK's frames and at `time_us`. */
int fake_cycle(uint32_t frames, uint32_t count, uint64_t time_us, float sample) {
  server.count = count, server.time_us = time_us;
  for (int p = 0; p < server.ports_used; p++)
    for (uint32_t f = 0; f < frames && (server.ports[p].flags & 1); f++) server.ports[p].samples[f] = sample;
  return server.process(frames, server.process_user);
}
int fake_xrun(void) { return server.xrun(server.xrun_user); }
