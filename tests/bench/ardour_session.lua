-- Makes a session of Ardour for tests/bench/render.py: mono tracks, each with an equaliser, a compressor and sends.
-- Run by ardourN-lua: FOLDER NAME RATE TRACKS SEND_LEVEL... The stems are put on the tracks afterwards, in the session's file.

local folder, name, rate, count = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4])
local send_levels = {table.unpack(arg, 5)}
local FADER = 0.5

-- Number of a control: value. a-eq has no high-pass; two of its four bells are switched off (Ardour does less than the
-- workload, not more).
local EQ = {
  [0] = 120, [1] = 3, [2] = 400, [3] = -4, [4] = 1.4, [5] = 2500, [6] = 2.5, [7] = 1.4, [14] = 8000, [15] = -2,
  [20] = 0, [21] = 0,
}
local COMPRESSOR = {[0] = 5, [1] = 100, [2] = 0, [3] = 3, [4] = -24.4}

AudioEngine:set_backend("None (Dummy)", "", "")
local session = create_session(folder, name, rate)
assert(session, "no session was made")

local last = ARDOUR.PresentationInfo.max_order
local tracks = session:new_audio_track(1, 2, nil, count, "Stem", last, ARDOUR.TrackMode.Normal, true)
local buses = session:new_audio_route(1, 2, nil, #send_levels, "Bus", ARDOUR.PresentationInfo.Flag.AudioBus, last)

local function insert(track, uri, controls)
  local plugin = ARDOUR.LuaAPI.new_plugin(session, uri, ARDOUR.PluginType.LV2, "")
  assert(not plugin:isnil(), uri .. " is not installed")
  track:add_processor_by_index(plugin, 0, nil, true) -- first in the chain, so the last inserted comes first
  for number, value in pairs(controls) do
    assert(ARDOUR.LuaAPI.set_processor_param(plugin, number, value), uri .. " has no control " .. number)
  end
end

local list, size = ARDOUR.RouteListPtr(), 0
for track in tracks:iter() do
  insert(track, "urn:ardour:a-comp", COMPRESSOR)
  insert(track, "urn:ardour:a-eq", EQ)
  track:gain_control():set_value(FADER, PBD.GroupControlDisposition.NoGroup)
  list:push_back(track)
  size = size + 1
end
assert(size == count, "tracks are missing")
for bus in buses:iter() do
  session:add_internal_sends(bus, ARDOUR.Placement.PostFader, list)
end
for track in tracks:iter() do
  for number, level in ipairs(send_levels) do
    track:nth_send(number - 1):to_send():gain_control():set_value(tonumber(level), PBD.GroupControlDisposition.NoGroup)
  end
end

session:save_state("")
close_session()
quit()
