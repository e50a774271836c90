-- What is known of a call; its counters are spent in the same step (core/gcra.py, operation by
-- operation, so that both come to the same double).
-- KEYS: the caller's standing and the line, where there are such, then the counters.
-- ARGV: call id; 1 or nothing for a caller, for a line; for each counter its windows as doubles.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local used, standing, open = 0, '', 0
if ARGV[2] == '1' then
  used = used + 1
  standing = redis.call('GET', KEYS[used]) or ''
end
if ARGV[3] == '1' then
  used = used + 1
  open = redis.call('ZCOUNT', KEYS[used], string.format('(%.17g', now), '+inf')
  local own = redis.call('ZSCORE', KEYS[used], ARGV[1])
  if own and tonumber(own) > now then
    open = open - 1
  end
end

local function spend(calls, per, tat)
  local interval = per / calls
  if tat <= now then
    return now + interval
  end
  local backlog = tat - now
  local room = 0
  if backlog < per then
    room = per - backlog
  end
  if room / interval + 1e-3 < 1 then
    return math.min(tat, now + per)
  end
  return tat + interval
end

local before, after = {}, {}
local counters = #KEYS - used
local tats = counters > 0 and redis.call('MGET', unpack(KEYS, used + 1)) or {}
for counter = 1, counters do
  local windows, known = ARGV[3 + counter], tats[counter]
  local count = #windows / 16
  if not known or #known ~= 8 * count then
    known = string.rep('\0', 8 * count)
  end
  local format = '<' .. string.rep('d', count)
  local limits = {struct.unpack(format .. string.rep('d', count), windows)}
  local spent, latest = {struct.unpack(format, known)}, now
  for window = 1, count do
    local tat = spend(limits[2 * window - 1], limits[2 * window], spent[window])
    spent[window] = tat
    if tat > latest then
      latest = tat
    end
  end
  spent = struct.pack(format, unpack(spent, 1, count))
  redis.call('SET', KEYS[used + counter], spent, 'PX', math.ceil((latest - now) * 1000) + 1000)
  before[counter], after[counter] = known, spent
end
return struct.pack('<dd', now, open) .. table.concat(before) .. table.concat(after) .. standing
