// As much of Arduino as firmware-maps/firmware needs, on a pseudo-terminal. Pins are files in a folder: `pin-2` holds
// what is read there, `out-9` what was written, `analog-14` a reading of the converter.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>

enum { LOW = 0, HIGH = 1, INPUT_PULLUP = 2, OUTPUT = 3 };
enum { A0 = 14, A1 = 15 };

#define constrain(value, low, high) ((value) < (low) ? (low) : (value) > (high) ? (high) : (value))

void pinMode(int pin, int mode);
int digitalRead(int pin);
void digitalWrite(int pin, int level);
int analogRead(int pin);
unsigned long millis();
char *ltoa(long value, char *text, int base);

struct SerialPort {
  void begin(unsigned long baud);
  int available();
  int read();
  void write(uint8_t byte);
};
extern SerialPort Serial;

void setup();
void loop();
