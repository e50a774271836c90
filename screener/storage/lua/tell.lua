-- Deeds in their order. Each is a word in ARGV and what belongs to it; KEYS are used up on the way.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local key, word = 0, 0

local function next_key()
  key = key + 1
  return KEYS[key]
end

local function next_word()
  word = word + 1
  return ARGV[word]
end

local function put(counter, tats)
  local packed, latest = {}, now
  for at, tat in ipairs(tats) do
    packed[at] = struct.pack('<d', tat)
    latest = math.max(latest, tat)
  end
  if latest > now then
    local ttl = math.ceil((latest - now) * 1000) + 1000
    redis.call('SET', counter, table.concat(packed), 'PX', ttl)
  else
    redis.call('DEL', counter)
  end
end

local function refund()
  local counter, seconds = next_key(), next_word()
  local known = redis.call('GET', counter)
  if known and #known == #seconds then
    local tats = {}
    for at = 1, #seconds, 8 do
      local tat = struct.unpack('<d', known, at) - struct.unpack('<d', seconds, at)
      tats[#tats + 1] = math.max(tat, 0)
    end
    put(counter, tats)
  end
end

local function merge()
  local counter, windows, told = next_key(), next_word(), next_word()
  local known = redis.call('GET', counter)
  if not known or #known ~= #told then
    known = string.rep('\0', #told)
  end
  local tats = {}
  for at = 0, #told / 8 - 1 do
    local _, per = struct.unpack('<dd', windows, 16 * at + 1)
    local tat = struct.unpack('<d', told, 8 * at + 1)
    tats[at + 1] = math.max(struct.unpack('<d', known, 8 * at + 1), math.min(tat, now + per))
  end
  put(counter, tats)
end

local function note()
  local body, ttl = next_word(), tonumber(next_word())
  redis.call('SET', next_key(), body, 'PX', ttl)
end

local function challenge()
  local line, call, ttl, most = next_key(), next_word(), tonumber(next_word()), tonumber(next_word())
  redis.call('ZREMRANGEBYSCORE', line, '-inf', string.format('%.17g', now))
  redis.call('ZADD', line, string.format('%.17g', now + ttl / 1000), call)
  redis.call('ZREMRANGEBYRANK', line, 0, -most - 1)
  if redis.call('PTTL', line) < ttl then
    redis.call('PEXPIRE', line, ttl)
  end
end

local deeds = {
  r = refund,
  m = merge,
  n = note,
  c = challenge,
  e = function() redis.call('ZREM', next_key(), next_word()) end,
}
while word < #ARGV do
  deeds[next_word()]()
end
return 1
