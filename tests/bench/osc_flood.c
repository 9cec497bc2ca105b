/* flood PORT RATE SECONDS: sends `/strip/N/fader ,f x` to 127.0.0.1:PORT at RATE messages a second, paced each
   half millisecond, from one socket. Prints how many were handed to the kernel, and in how many seconds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, STRIPS = 8, BYTES = 24 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    double rate = atof(argv[2]), length = atof(argv[3]);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        return 1;
    static char packets[BATCH][BYTES];
    struct iovec pieces[BATCH];
    struct mmsghdr messages[BATCH];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) {
        pieces[i] = (struct iovec){packets[i], BYTES};
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    long sent = 0;
    double start = seconds(), now = start;
    while (now - start < length) {
        long due = (long)((now - start) * rate);
        while (sent < due) {
            int count = due - sent < BATCH ? (int)(due - sent) : BATCH;
            for (int i = 0; i < count; i++) {
                long number = sent + i;
                float level = -(float)(number % 6000) / 100.0f;
                uint32_t bits;
                memset(packets[i], 0, BYTES);
                snprintf(packets[i], 16, "/strip/%ld/fader", number % STRIPS + 1);
                memcpy(packets[i] + 16, ",f", 2);
                memcpy(&bits, &level, 4);
                bits = htonl(bits);
                memcpy(packets[i] + 20, &bits, 4);
            }
            int taken = sendmmsg(fd, messages, (unsigned)count, 0);
            if (taken <= 0)
                return 1;
            sent += taken;
        }
        struct timespec pause = {0, 500000};
        nanosleep(&pause, NULL);
        now = seconds();
    }
    printf("%ld %.6f\n", sent, now - start);
    return 0;
}
