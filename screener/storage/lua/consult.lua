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
for at = used + 1, #KEYS do
  local windows = ARGV[3 + at - used]
  local known = redis.call('GET', KEYS[at])
  local count = #windows / 16
  if not known or #known ~= 8 * count then
    known = string.rep('\0', 8 * count)
  end
  local spent, latest = {}, now
  for window = 0, count - 1 do
    local calls, per = struct.unpack('<dd', windows, 16 * window + 1)
    local tat = spend(calls, per, (struct.unpack('<d', known, 8 * window + 1)))
    spent[window + 1] = struct.pack('<d', tat)
    latest = math.max(latest, tat)
  end
  spent = table.concat(spent)
  redis.call('SET', KEYS[at], spent, 'PX', math.ceil((latest - now) * 1000) + 1000)
  before[#before + 1] = known
  after[#after + 1] = spent
end
return struct.pack('<dd', now, open) .. table.concat(before) .. table.concat(after) .. standing
