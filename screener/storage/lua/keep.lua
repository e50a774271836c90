-- A blob under a key. KEYS: the hash of all blobs. ARGV: key, body, ttl in ms, how many are kept.
-- A blob stands behind its end as a double. Returns 0 where there are too many.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  for _, key in ipairs(redis.call('HKEYS', KEYS[1])) do
    if struct.unpack('<d', redis.call('HGET', KEYS[1], key)) <= now then
      redis.call('HDEL', KEYS[1], key)
    end
  end
  if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then
    return 0
  end
end
redis.call('HSET', KEYS[1], ARGV[1], struct.pack('<d', now + tonumber(ARGV[3])) .. ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1
