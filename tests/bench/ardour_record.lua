-- Records with Ardour for tests/bench/record_crash.py: mono tracks on the inputs of the JACK server, until it is killed.
-- Run by ardourN-lua: FOLDER NAME RATE TRACKS ROLLS; makes the file ROLLS when it records.

local folder, name, rate, count = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4])
local HOST = ARDOUR.TransportRequestSource.TRS_UI

AudioEngine:set_backend("JACK", "", "")
local session = create_session(folder, name, rate)
assert(session, "no session was made")

local last = ARDOUR.PresentationInfo.max_order
local tracks = session:new_audio_track(1, 2, nil, count, "Input", last, ARDOUR.TrackMode.Normal, true)
local number = 0
for track in tracks:iter() do
  number = number + 1
  local input = track:input():audio(0)
  input:disconnect_all()
  assert(input:connect("system:capture_" .. number) == 0, "no input " .. number)
  track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
end
assert(number == count, "tracks are missing")

session:save_state("")
session:maybe_enable_record()
session:request_roll(HOST)
while not session:actively_recording() do
  ARDOUR.LuaAPI.usleep(1000)
end
io.open(arg[5], "w"):close()
while true do
  ARDOUR.LuaAPI.usleep(100000)
end
