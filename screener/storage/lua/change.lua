-- A standing, if it is still at that version, or if this event is not among those it remembers.
-- KEYS: the standing. ARGV: the version before, the event's mark, the body, ttl in ms, events kept.
-- Returns nothing where done, else the standing that is there, of version 0 where none is.
local known = redis.call('GET', KEYS[1])
local version, marks = 0, ''
if known then
  local events
  version, events = struct.unpack('<dB', known)
  marks = string.sub(known, 10, 9 + 8 * events)
  for at = 1, #marks, 8 do
    if string.sub(marks, at, at + 7) == ARGV[2] then
      return ''
    end
  end
end
if version ~= tonumber(ARGV[1]) then
  return known or struct.pack('<dBdB', 0, 0, 0, 0)
end
local time = redis.call('TIME')
version = math.max(version + 1, tonumber(time[1]) * 1e6 + tonumber(time[2]))
marks = string.sub(marks .. ARGV[2], -8 * tonumber(ARGV[5]))
local after = struct.pack('<dB', version, #marks / 8) .. marks .. ARGV[3]
redis.call('SET', KEYS[1], after, 'PX', ARGV[4])
return ''
