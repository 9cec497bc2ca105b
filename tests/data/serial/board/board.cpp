// Runs a sketch: `board TERMINAL FOLDER`, until the terminal is gone.
#include "Arduino.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <string>

static int terminal = -1;
static std::string folder;
SerialPort Serial;

static std::string place(const char *word, int pin) { return folder + "/" + word + "-" + std::to_string(pin); }

static int held(const char *word, int pin, int otherwise) {
  int value = otherwise;
  if (FILE *file = fopen(place(word, pin).c_str(), "r")) {
    if (fscanf(file, "%d", &value) != 1) value = otherwise;
    fclose(file);
  }
  return value;
}

void pinMode(int, int) {}
int digitalRead(int pin) { return held("pin", pin, HIGH); }
int analogRead(int pin) { return held("analog", pin, 0); }

void digitalWrite(int pin, int level) {
  std::string path = place("out", pin), fresh = path + ".new";
  if (FILE *file = fopen(fresh.c_str(), "w")) {
    fprintf(file, "%d", level);
    fclose(file);
    rename(fresh.c_str(), path.c_str());
  }
}

unsigned long millis() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (unsigned long)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

char *ltoa(long value, char *text, int) {
  sprintf(text, "%ld", value);
  return text;
}

void SerialPort::begin(unsigned long) {}

int SerialPort::available() {
  struct pollfd wire = {terminal, POLLIN, 0};
  if (poll(&wire, 1, 1) < 0 || wire.revents & (POLLHUP | POLLERR)) exit(0);
  return wire.revents & POLLIN ? 1 : 0;
}

int SerialPort::read() {
  uint8_t byte;
  if (::read(terminal, &byte, 1) != 1) exit(0);
  return byte;
}

void SerialPort::write(uint8_t byte) {
  if (::write(terminal, &byte, 1) != 1) exit(0);
}

int main(int, char **words) {
  terminal = open(words[1], O_RDWR | O_NOCTTY);
  folder = words[2];
  if (terminal < 0) return 1;
  setup();
  for (;;) loop();
}
