// A controller for studiod: faders, buttons with lamps, an endless knob, a record lamp. Any Arduino; no library.
//
// Change the table of controls to what you have soldered. Nothing else has to be known to studiod: the box describes
// itself. The protocol is in docs/reference/serial-protocol.md.
// SPDX-License-Identifier: GPL-3.0-or-later

#include <Arduino.h>

static const char NAME[] = "demo";
static const char FIRMWARE[] = "1.0";
static const uint32_t BAUD = 115200;

static const uint8_t NO_PIN = 255;

// kind: f fader or pot, b button to ground, e encoder to ground, l lamp. name: small letters, digits, / - _
struct Control {
  char kind;
  int steps;          // positions of a fader, steps of one turn of an encoder; 2 for buttons and plain lamps
  const char *flags;  // "l": it has a lamp; "-": nothing
  const char *name;
  uint8_t pin;    // where it is
  uint8_t other;  // an encoder's second pin; a button's lamp
};

static const Control CONTROLS[] = {
    {'f', 1018, "-", "fader/1", A0, NO_PIN},
    {'f', 1018, "-", "fader/2", A1, NO_PIN},
    {'b', 2, "l", "mute/1", 2, 9},
    {'b', 2, "l", "mute/2", 3, 10},
    {'e', 24, "-", "jog", 4, 5},
    {'l', 2, "-", "rec", 13, NO_PIN},
};
static const uint8_t COUNT = sizeof(CONTROLS) / sizeof(CONTROLS[0]);

static const int TOP = 1023;               // the converter's highest reading
static const int NOISE = 3;                // a pot that moves less than this either way has not moved
static const uint8_t BOUNCE_MS = 5;        // contacts bounce about so long
static const uint16_t ALONE_MS = 5000;     // so long without a word from studiod: lamps off
static const uint8_t LONGEST_LINE = 128;   // without LF
static const int8_t QUARTERS = 4;          // of an encoder between two clicks
static const uint8_t CHECKSUM_LETTERS = 5; // the star and four digits

static int standing[COUNT];            // faders: middle of the play; buttons: 1 is down; encoders: their two contacts
static int8_t quarters[COUNT];         // encoders: on the way to the next click
static unsigned long changedAt[COUNT]; // buttons: when the contact last changed
static char line[LONGEST_LINE];
static uint8_t length = 0;
static bool skips = false;
static bool isAlone = true;
static unsigned long heardAt = 0;

// -- saying -----------------------------------------------------------------------------------------------------------

static uint16_t crc;

// CRC-16/CCITT-FALSE, one byte
static uint16_t crcOf(uint16_t sum, uint8_t byte) {
  sum ^= (uint16_t)byte << 8;
  for (uint8_t bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1;
  return sum;
}

static void say(char letter) {
  crc = crcOf(crc, (uint8_t)letter);
  Serial.write((uint8_t)letter);
}

static void say(const char *text) {
  while (*text) say(*text++);
}

static void begin(char letter) {
  crc = 0xFFFF;
  say(letter);
}

static void sayNumber(long number) {
  char digits[12];
  ltoa(number, digits, 10);
  say(' ');
  say(digits);
}

static void end() {
  static const char HEX_DIGITS[] = "0123456789ABCDEF";
  uint16_t sum = crc;
  Serial.write((uint8_t)'*');
  for (int8_t shift = 12; shift >= 0; shift -= 4) Serial.write((uint8_t)HEX_DIGITS[(sum >> shift) & 15]);
  Serial.write((uint8_t)'\n');
}

static void tell(char letter, uint8_t number, long value) {
  begin(letter);
  sayNumber(number);
  sayNumber(value);
  end();
}

static void describe() {
  begin('H');
  say(" 1 ");
  say(NAME);
  say(' ');
  say(FIRMWARE);
  sayNumber(COUNT);
  end();
  for (uint8_t i = 0; i < COUNT; i++) {
    begin('C');
    sayNumber(i);
    say(' ');
    say(CONTROLS[i].kind);
    sayNumber(CONTROLS[i].steps);
    say(' ');
    say(CONTROLS[i].flags);
    say(' ');
    say(CONTROLS[i].name);
    end();
  }
  begin('R');
  end();
  for (uint8_t i = 0; i < COUNT; i++)
    if (CONTROLS[i].kind == 'f') tell('V', i, standing[i] - NOISE);
}

// -- showing ----------------------------------------------------------------------------------------------------------

static void light(uint8_t number, long level) {
  if (number >= COUNT) return;
  const Control &control = CONTROLS[number];
  uint8_t pin = control.kind == 'l' ? control.pin : control.kind == 'b' ? control.other : NO_PIN;
  if (pin != NO_PIN) digitalWrite(pin, level > 0 ? HIGH : LOW);
}

static void darken() {
  for (uint8_t i = 0; i < COUNT; i++) light(i, 0);
}

// -- hearing ----------------------------------------------------------------------------------------------------------

// The number at `at`, which moves behind it and the space that follows; -1 when there is none.
static long number(const char *&at) {
  if (*at < '0' || *at > '9') return -1;
  long value = 0;
  while (*at >= '0' && *at <= '9' && value < 100000) value = 10 * value + (*at++ - '0');
  if (*at == ' ') at++;
  return value;
}

static bool isSealed() {
  if (length < CHECKSUM_LETTERS + 1 || line[length - CHECKSUM_LETTERS] != '*') return false;
  uint16_t sum = 0xFFFF, said = 0;
  for (uint8_t i = 0; i < length - CHECKSUM_LETTERS; i++) sum = crcOf(sum, (uint8_t)line[i]);
  for (uint8_t i = length - CHECKSUM_LETTERS + 1; i < length; i++) {
    char letter = line[i];
    uint8_t digit;
    if (letter >= '0' && letter <= '9') digit = letter - '0';
    else if (letter >= 'A' && letter <= 'F') digit = letter - 'A' + 10;
    else return false;
    said = said << 4 | digit;
  }
  return sum == said;
}

static void obey() {
  if (length && line[length - 1] == '\r') length--;
  if (!isSealed()) return;
  heardAt = millis();
  isAlone = false;
  line[length - CHECKSUM_LETTERS] = 0;
  const char *at = line + (line[0] && line[1] == ' ' ? 2 : 1);
  long first, second;
  switch (line[0]) {
    case '?':
      describe();
      break;
    case 'P':
      first = number(at);
      if (first < 0) break;
      begin('P');
      sayNumber(first);
      end();
      break;
    case 'L':
      first = number(at);
      second = number(at);
      if (first >= 0 && first < COUNT && second >= 0) light((uint8_t)first, second);
      break;
  }
}

static void hear() {
  while (Serial.available() > 0) {
    char letter = (char)Serial.read();
    if (letter == '\n') {
      if (!skips) obey();
      length = 0;
      skips = false;
    } else if (length >= LONGEST_LINE) {
      skips = true;
    } else {
      line[length++] = letter;
    }
  }
}

// -- watching the hand ------------------------------------------------------------------------------------------------

static int play(int middle, int reading) {
  if (middle < reading - NOISE) middle = reading - NOISE;
  if (middle > reading + NOISE) middle = reading + NOISE;
  return constrain(middle, NOISE, TOP - NOISE);
}

static void scanFader(uint8_t i) {
  int middle = play(standing[i], analogRead(CONTROLS[i].pin));
  if (middle == standing[i]) return;
  standing[i] = middle;
  tell('V', i, middle - NOISE);
}

static void scanButton(uint8_t i) {
  int isDown = digitalRead(CONTROLS[i].pin) == LOW;
  if (isDown == standing[i] || millis() - changedAt[i] < BOUNCE_MS) return;
  changedAt[i] = millis();
  standing[i] = isDown;
  tell('B', i, isDown);
}

static int contacts(uint8_t i) {
  return (digitalRead(CONTROLS[i].pin) == LOW) << 1 | (digitalRead(CONTROLS[i].other) == LOW);
}

static void scanEncoder(uint8_t i) {
  // one step for each pair of contacts before and now: +1, -1, or a bounce
  static const int8_t STEPS[16] = {0, 1, -1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 0, -1, 1, 0};
  int now = contacts(i);
  quarters[i] += STEPS[standing[i] << 2 | now];
  standing[i] = now;
  if (quarters[i] >= QUARTERS || quarters[i] <= -QUARTERS) {
    tell('E', i, quarters[i] / QUARTERS);
    quarters[i] = 0;
  }
}

// -- Arduino's two -------------------------------------------------------------------------------------------------------

void setup() {
  Serial.begin(BAUD);
  for (uint8_t i = 0; i < COUNT; i++) {
    const Control &control = CONTROLS[i];
    if (control.kind == 'b' || control.kind == 'e') pinMode(control.pin, INPUT_PULLUP);
    if (control.kind == 'e') pinMode(control.other, INPUT_PULLUP);
    if (control.kind == 'b' && control.other != NO_PIN) pinMode(control.other, OUTPUT);
    if (control.kind == 'l') pinMode(control.pin, OUTPUT);
    if (control.kind == 'f') standing[i] = constrain(analogRead(control.pin), NOISE, TOP - NOISE);
    if (control.kind == 'e') standing[i] = contacts(i);
  }
  darken();
  describe();
}

void loop() {
  hear();
  for (uint8_t i = 0; i < COUNT; i++) {
    if (CONTROLS[i].kind == 'f') scanFader(i);
    if (CONTROLS[i].kind == 'b') scanButton(i);
    if (CONTROLS[i].kind == 'e') scanEncoder(i);
  }
  if (!isAlone && millis() - heardAt > ALONE_MS) {
    isAlone = true;
    darken();
  }
}
